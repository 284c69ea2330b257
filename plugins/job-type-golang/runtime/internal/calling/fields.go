package calling

import (
	"context"
	"log/slog"

	"racetrack/jobs/internal/settings"
)

// Names of what a log line of a call carries.
const (
	TracingField = "tracing_id"
	CallerField  = "caller_name"
)

// Fields are what every log line of the request carries.
func (r *Request) Fields(platform *settings.Settings) []slog.Attr {
	var fields []slog.Attr
	if r.TracingID != "" {
		fields = append(fields, slog.String(TracingField, r.TracingID))
	}
	if platform.LogCallerName && r.Caller != "" {
		fields = append(fields, slog.String(CallerField, r.Caller))
	}
	return fields
}

// WithFields binds a logger to the call that a context belongs to.
func WithFields(logger *slog.Logger, ctx context.Context) *slog.Logger {
	request := From(ctx)
	fields := request.Fields(settings.Current())
	if len(fields) == 0 {
		return logger
	}
	return slog.New(logger.Handler().WithAttrs(fields))
}
