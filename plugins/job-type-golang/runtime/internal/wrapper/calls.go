package wrapper

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"racetrack/jobs/internal/calling"
	"racetrack/jobs/internal/functions"
	"racetrack/jobs/internal/logs"
)

// firstRoom is how much room a body gets before it has come: its announced length is not to be believed.
const firstRoom = 64 << 10

// How much, and for how long, is still taken of a body that is too long.
const (
	lingerBytes = 8 << 20
	lingerTime  = 2 * time.Second
)

// outcome is how a call has ended: with a body, or with a failure.
type outcome struct {
	body    *bytes.Buffer
	failure *failure
}

// call answers one call; 0 when the caller has left before it began.
func (a *application) call(
	w http.ResponseWriter, r *http.Request, target *endpoint, request *calling.Request,
) (status int) {
	started := time.Now()
	target.counts.Start()
	isAnswered := false
	defer func() {
		if !isAnswered {
			status = a.answerEnded(w, recover(), request)
		}
		now := time.Now()
		target.counts.End(status, now, now.Sub(started))
	}()
	status = a.answerCall(w, r, target, request)
	isAnswered = true
	return status
}

// answerEnded is for a call that has ended this very goroutine, which nothing can stop, and for a fault of ours.
func (a *application) answerEnded(w http.ResponseWriter, thrown any, request *calling.Request) int {
	text, class := "the call has ended its goroutine", "runtime.Goexit"
	if thrown != nil {
		text, class = "Internal Server Error", "panic"
		slog.Error("request failed", "cause", fmt.Sprint(thrown), logs.StackField, panicStack(debug.Stack()))
	}
	// The connection ends with its goroutine.
	w.Header().Set("Connection", "close")
	status := a.refuse(w, &failure{status: http.StatusInternalServerError, Error: text, Type: class}, request)
	_ = http.NewResponseController(w).Flush()
	return status
}

func (a *application) answerCall(w http.ResponseWriter, r *http.Request, target *endpoint, request *calling.Request) int {
	if err := a.limiter.arrive(); err != nil {
		return a.refuseWaiting(w, r, err, request)
	}
	isArriving := true
	defer func() {
		if isArriving {
			a.limiter.depart()
		}
	}()
	body := buffers.Get().(*bytes.Buffer)
	refusal, isGone := a.readBody(w, r, body)
	if isGone {
		recycle(body)
		return 0
	}
	if refusal != nil {
		recycle(body)
		status := a.refuse(w, refusal, request)
		if status == http.StatusRequestEntityTooLarge {
			linger(w, r)
		}
		return status
	}
	run, err := target.function.Decode(body.Bytes())
	recycle(body)
	if err != nil {
		return a.refuse(w, presentInput(err), request)
	}
	ctx := calling.With(r.Context(), request)
	if a.options.CallTimeout > 0 {
		limited, cancel := context.WithTimeout(ctx, a.options.CallTimeout)
		defer cancel()
		ctx = limited
	}
	isArriving = false
	if err := a.limiter.acquire(ctx); err != nil {
		return a.refuseWaiting(w, r, err, request)
	}
	result, isLate := a.execute(ctx, run)
	if isLate {
		return a.refuse(w, a.timeout(), request)
	}
	if result.failure != nil {
		return a.refuse(w, result.failure, request)
	}
	defer recycle(result.body)
	return writeBody(w, http.StatusOK, result.body.Bytes())
}

// execute runs the call, in a goroutine of its own where nobody may wait longer than the timeout.
func (a *application) execute(ctx context.Context, run functions.Call) (result outcome, isLate bool) {
	if a.options.CallTimeout <= 0 {
		defer a.limiter.release()
		return perform(ctx, run), false
	}
	done := make(chan outcome, 1)
	go func() {
		defer a.limiter.release()
		done <- perform(ctx, run)
	}()
	select {
	case result := <-done:
		return result, false
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return outcome{}, true
		}
		// The caller has left. What still runs is waited for, so that the end of the process waits as well.
		return <-done, false
	}
}

func (a *application) refuseWaiting(w http.ResponseWriter, r *http.Request, err error, request *calling.Request) int {
	var crowd *tooMany
	switch {
	case errors.As(err, &crowd):
		return a.refuse(w, httpFailure(http.StatusTooManyRequests, crowd.message), request)
	case errors.Is(err, context.DeadlineExceeded):
		return a.refuse(w, httpFailure(http.StatusGatewayTimeout, "the call has waited for its turn for longer than call_timeout: "+
			a.options.CallTimeout.String()+"; other calls keep the job busy. Try again later, or raise jobtype_extra.max_concurrency"), request)
	}
	return 0
}

func (a *application) timeout() *failure {
	return httpFailure(http.StatusGatewayTimeout, "the call has taken longer than "+a.options.CallTimeout.String())
}

func (a *application) refuse(w http.ResponseWriter, refusal *failure, request *calling.Request) int {
	refusal.RequestID = request.TracingID
	return writeJSON(w, refusal.status, refusal)
}

func (a *application) readBody(w http.ResponseWriter, r *http.Request, into *bytes.Buffer) (refusal *failure, isGone bool) {
	limit := a.settings.MaxBodyBytes
	if r.ContentLength > limit {
		w.Header().Set("Connection", "close")
		return a.tooLarge(), false
	}
	if r.ContentLength > 0 {
		into.Grow(int(min(r.ContentLength, firstRoom)) + bytes.MinRead)
	}
	if _, err := into.ReadFrom(http.MaxBytesReader(w, r.Body, limit)); err != nil {
		var excess *http.MaxBytesError
		if errors.As(err, &excess) {
			return a.tooLarge(), false
		}
		if errors.Is(err, io.ErrUnexpectedEOF) || r.Context().Err() != nil {
			return nil, true
		}
		return httpFailure(http.StatusBadRequest, "the body cannot be read: "+err.Error()), false
	}
	if into.Len() > 0 && !isJSON(r.Header["Content-Type"]) {
		return httpFailure(http.StatusUnprocessableEntity, "a JSON object is expected, but Content-Type is "+
			r.Header.Get("Content-Type")+"; send Content-Type: application/json"), false
	}
	// The decoder would put replacement characters in.
	if !utf8.Valid(into.Bytes()) {
		return httpFailure(http.StatusUnprocessableEntity, "invalid request body: malformed JSON: it is not UTF-8"), false
	}
	return nil, false
}

// linger sends the answer and takes a little more of the body, and throws it away: a caller whose writing fails at once may
// never look at the answer.
func linger(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	_ = control.Flush()
	_ = control.SetReadDeadline(time.Now().Add(lingerTime))
	_, _ = io.CopyN(io.Discard, r.Body, lingerBytes)
}

func (a *application) tooLarge() *failure {
	return httpFailure(http.StatusRequestEntityTooLarge, "the body is longer than "+bytesText(a.settings.MaxBodyBytes))
}

func isJSON(contentType []string) bool {
	if len(contentType) == 0 || contentType[0] == "application/json" {
		return true
	}
	media, _, err := mime.ParseMediaType(contentType[0])
	return err == nil && (media == "application/json" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json"))
}

func presentInput(err error) *failure {
	var body *functions.BodyError
	if errors.As(err, &body) {
		return httpFailure(http.StatusUnprocessableEntity, "invalid request body: "+body.Message)
	}
	return &failure{status: http.StatusBadRequest, Error: err.Error(), Type: "ArgumentError"}
}
