package logs

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"unicode/utf8"
)

// appendJSON makes one object a line: time, lvl, msg, and the fields.
func appendJSON(line []byte, record slog.Record, fields []field) []byte {
	line = append(line, `{"time":"`...)
	line = record.Time.UTC().AppendFormat(line, "2006-01-02T15:04:05.000000Z")
	line = append(line, `","lvl":"`...)
	line = append(line, levelName(record.Level)...)
	line = append(line, `","msg":`...)
	line = appendString(line, record.Message)
	for _, each := range fields {
		line = append(line, ',')
		line = appendString(line, each.name)
		line = append(line, ':')
		line = appendValue(line, each.value)
	}
	return append(line, "}\n"...)
}

func levelName(level slog.Level) string {
	switch name := strings.TrimSpace(paddedLevel(level)); name {
	case "WARN":
		return "WARNING"
	case "CRIT":
		return "CRITICAL"
	default:
		return name
	}
}

func appendValue(line []byte, value slog.Value) []byte {
	switch value.Kind() {
	case slog.KindBool, slog.KindInt64, slog.KindUint64, slog.KindFloat64, slog.KindAny:
		content := value.Any()
		if err, isError := content.(error); isError {
			return appendString(line, err.Error())
		}
		if encoded, err := json.Marshal(content); err == nil {
			return append(line, encoded...)
		}
		return appendString(line, fmt.Sprint(content))
	}
	return appendString(line, value.String())
}

func appendString(line []byte, text string) []byte {
	encoded, err := json.Marshal(strings.ToValidUTF8(text, string(utf8.RuneError)))
	if err != nil {
		return append(line, `""`...)
	}
	return append(line, encoded...)
}
