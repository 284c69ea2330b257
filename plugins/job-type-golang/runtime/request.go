package jobs

import (
	"context"

	"racetrack/jobs/internal/calling"
)

// RequestInfo says what is known of the request that a call answers.
type RequestInfo = calling.Request

// Request tells which request the context belongs to. Outside of a call, all of it is empty.
func Request(ctx context.Context) RequestInfo {
	return calling.From(ctx)
}
