package jobs

import (
	"context"
	"log/slog"

	"racetrack/jobs/internal/calling"
)

// Logger is the usual logger, whose lines carry the tracing id of the call that the context belongs to.
// Lines of [slog.InfoContext] and its like do the same.
func Logger(ctx context.Context) *slog.Logger {
	return calling.WithFields(slog.Default(), ctx)
}
