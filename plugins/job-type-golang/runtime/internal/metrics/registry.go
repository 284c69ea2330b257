// Package metrics counts calls and shows the counts in the Prometheus text format 0.0.4.
package metrics

import (
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Registry holds the metrics of one job.
type Registry struct {
	started, done atomic.Int64
	lastCall      atomic.Uint64
	mutex         sync.Mutex
	endpoints     []*Endpoint
}

// Endpoint holds what is counted for one endpoint.
type Endpoint struct {
	registry        *Registry
	name            string
	started, errors atomic.Int64
	duration        histogram
}

// Endpoint adds an endpoint by its short address, such as "/perform".
func (r *Registry) Endpoint(name string) *Endpoint {
	endpoint := &Endpoint{registry: r, name: name}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.endpoints = append(r.endpoints, endpoint)
	slices.SortFunc(r.endpoints, func(a, b *Endpoint) int { return strings.Compare(a.name, b.name) })
	return endpoint
}

// Start counts a call that has begun.
func (e *Endpoint) Start() {
	e.registry.started.Add(1)
	e.started.Add(1)
}

// End counts a call that has ended.
func (e *Endpoint) End(status int, now time.Time, took time.Duration) {
	e.registry.done.Add(1)
	if status >= 400 {
		e.errors.Add(1)
	}
	e.duration.observe(took.Seconds())
	e.registry.lastCall.Store(math.Float64bits(float64(now.UnixMicro()) / 1e6))
}

// Append writes all of it as text.
func (r *Registry) Append(text []byte) []byte {
	r.mutex.Lock()
	endpoints := slices.Clone(r.endpoints)
	r.mutex.Unlock()
	text = appendOne(text, "requests_started_total", counter, "Calls of the job that have begun", float64(r.started.Load()))
	text = appendOne(text, "requests_done_total", counter, "Calls of the job that have ended", float64(r.done.Load()))
	text = appendHead(text, "endpoint_requests_started_total", counter, "Calls that have begun, by endpoint")
	for _, endpoint := range endpoints {
		text = appendSample(text, "endpoint_requests_started_total", endpoint.labels(), float64(endpoint.started.Load()))
	}
	text = appendHead(text, "request_internal_errors_total", counter, "Calls that ended with an error of any kind, by endpoint")
	for _, endpoint := range endpoints {
		text = appendSample(text, "request_internal_errors_total", endpoint.labels(), float64(endpoint.errors.Load()))
	}
	text = appendHead(text, "request_duration", "histogram", "Seconds from the arrival of a call to its answer, waiting included")
	for _, endpoint := range endpoints {
		text = endpoint.duration.append(text, "request_duration", endpoint.labels())
	}
	last := math.Float64frombits(r.lastCall.Load())
	return appendOne(text, "last_call_timestamp", gauge, "Unix time at which the last call ended; 0 before the first", last)
}

func (e *Endpoint) labels() []label { return []label{{"endpoint", e.name}} }
