// Package logs writes the lines of the wrapper and of the job's code to standard output.
package logs

import (
	"context"
	"io"
	"log/slog"
	"sync"

	"racetrack/jobs/internal/calling"
	"racetrack/jobs/internal/settings"
)

// StackField is printed below its line rather than in it.
const StackField = "exc_info"

// Handler writes records as text or as JSON, with what is known of the call that they belong to.
type Handler struct {
	sink     *sink
	settings *settings.Settings
	// fields are those of WithAttrs, their groups in their names.
	fields []field
	group  string
}

// sink is shared by all handlers that come from one.
type sink struct {
	mutex sync.Mutex
	out   io.Writer
}

type field struct {
	name  string
	value slog.Value
}

// NewHandler makes the handler that everything else is derived from.
func NewHandler(out io.Writer, platform *settings.Settings) *Handler {
	return &Handler{sink: &sink{out: out}, settings: platform}
}

// Enabled says whether lines of a level are wanted.
func (h *Handler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.settings.LogLevel
}

// WithAttrs implements [slog.Handler].
func (h *Handler) WithAttrs(attributes []slog.Attr) slog.Handler {
	derived := *h
	derived.fields = append([]field(nil), h.fields...)
	for _, attribute := range attributes {
		derived.fields = appendField(derived.fields, h.group, attribute)
	}
	return &derived
}

// WithGroup implements [slog.Handler].
func (h *Handler) WithGroup(name string) slog.Handler {
	derived := *h
	if name != "" {
		derived.group = h.group + name + "."
	}
	return &derived
}

// Handle writes one record.
func (h *Handler) Handle(ctx context.Context, record slog.Record) error {
	fields := append([]field(nil), h.fields...)
	record.Attrs(func(attribute slog.Attr) bool {
		fields = appendField(fields, h.group, attribute)
		return true
	})
	request := calling.From(ctx)
	for _, attribute := range request.Fields(h.settings) {
		if !has(fields, attribute.Key) {
			fields = appendField(fields, "", attribute)
		}
	}
	line := lines.Get().(*[]byte)
	defer lines.Put(line)
	if h.settings.LogStructured {
		*line = appendJSON((*line)[:0], record, fields)
	} else {
		*line = appendText((*line)[:0], record, fields)
	}
	return h.sink.write(*line)
}

var lines = sync.Pool{New: func() any { return new([]byte) }}

// write never gives up the job: a log that nobody reads any more is no reason to stop answering.
func (s *sink) write(line []byte) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	_, err := s.out.Write(line)
	return err
}

func appendField(fields []field, group string, attribute slog.Attr) []field {
	value := attribute.Value.Resolve()
	if value.Kind() != slog.KindGroup {
		if attribute.Key == "" {
			return fields
		}
		return append(fields, field{group + attribute.Key, value})
	}
	inner := group
	if attribute.Key != "" {
		inner += attribute.Key + "."
	}
	for _, member := range value.Group() {
		fields = appendField(fields, inner, member)
	}
	return fields
}

func has(fields []field, name string) bool {
	for _, each := range fields {
		if each.name == name {
			return true
		}
	}
	return false
}
