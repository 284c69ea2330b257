package logs

import (
	"log/slog"
	"strconv"
	"time"

	"racetrack/jobs/internal/calling"
)

// Request writes the line of an answered request, without the price of a usual record.
//
// The path comes as it was sent, so that one line stays one, and without its query, which may hold secrets.
func (h *Handler) Request(method, path string, status int, request *calling.Request) {
	if h.settings.LogLevel > slog.LevelInfo {
		return
	}
	line := lines.Get().(*[]byte)
	defer lines.Put(line)
	var room [64]byte
	message := append(append(append(append(room[:0], method...), ' '), path...), ' ')
	message = strconv.AppendInt(message, int64(status), 10)
	record := slog.Record{Time: time.Now(), Level: slog.LevelInfo, Message: string(message)}
	var few [2]field
	fields := few[:0]
	if request.TracingID != "" {
		fields = append(fields, field{calling.TracingField, slog.StringValue(request.TracingID)})
	}
	if h.settings.LogCallerName && request.Caller != "" {
		fields = append(fields, field{calling.CallerField, slog.StringValue(request.Caller)})
	}
	if h.settings.LogStructured {
		*line = appendJSON((*line)[:0], record, fields)
	} else {
		*line = appendText((*line)[:0], record, fields)
	}
	_ = h.sink.write(*line)
}
