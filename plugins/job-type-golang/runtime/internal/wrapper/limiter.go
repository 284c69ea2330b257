package wrapper

import (
	"container/list"
	"context"
	"fmt"
	"sync"
)

// limiter decides how many calls run at once, and how many may wait; first come, first served.
type limiter struct {
	maxRunning, maxWaiting int
	maxInflight            int64
	mutex                  sync.Mutex
	running                int
	inflight               int64
	waiting                list.List
}

// tooMany is answered with 429.
type tooMany struct{ message string }

func (e *tooMany) Error() string { return e.message }

// newLimiter is nil when nothing is limited.
func newLimiter(options *Options) *limiter {
	if options.MaxConcurrency <= 0 && options.MaxInflight <= 0 {
		return nil
	}
	return &limiter{
		maxRunning:  options.MaxConcurrency,
		maxWaiting:  options.MaxConcurrencyQueue,
		maxInflight: options.MaxInflight,
	}
}

// arrive counts a call before its body is read, so that no body is kept of a call that has no place. It answers [*tooMany].
func (l *limiter) arrive() error {
	if l == nil {
		return nil
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.maxInflight > 0 && l.inflight >= l.maxInflight {
		return &tooMany{fmt.Sprintf("too many requests: the job takes %d at once", l.maxInflight)}
	}
	l.inflight++
	return nil
}

// depart is for a call that has arrived and goes no further.
func (l *limiter) depart() {
	if l == nil {
		return
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.inflight--
}

// acquire waits for a place; the call has arrived before, and has departed when there is an error. It answers [*tooMany],
// or the context's error when that ends before.
func (l *limiter) acquire(ctx context.Context) error {
	if l == nil {
		return nil
	}
	turn, element, err := l.enter()
	if err != nil || turn == nil {
		return err
	}
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		l.leave(turn, element)
		return ctx.Err()
	}
}

func (l *limiter) enter() (chan struct{}, *list.Element, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.maxRunning <= 0 || l.running < l.maxRunning {
		l.running++
		return nil, nil, nil
	}
	if l.maxWaiting >= 0 && l.waiting.Len() >= l.maxWaiting {
		l.inflight--
		return nil, nil, &tooMany{fmt.Sprintf("too many requests waiting in a queue. Job is set to process "+
			"%d requests concurrently with a queue of max size %d", l.maxRunning, l.maxWaiting)}
	}
	turn := make(chan struct{})
	return turn, l.waiting.PushBack(turn), nil
}

// leave gives up waiting; a place that came meanwhile goes to the next one.
func (l *limiter) leave(turn chan struct{}, element *list.Element) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	select {
	case <-turn:
		l.releaseLocked()
	default:
		l.waiting.Remove(element)
		l.inflight--
	}
}

func (l *limiter) release() {
	if l == nil {
		return
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.releaseLocked()
}

// releaseLocked gives the place to the call that has waited longest.
func (l *limiter) releaseLocked() {
	l.inflight--
	first := l.waiting.Front()
	if first == nil {
		l.running--
		return
	}
	close(l.waiting.Remove(first).(chan struct{}))
}
