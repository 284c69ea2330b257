package logs

import (
	"log/slog"
	"strconv"
	"strings"
)

// appendText makes `[2026-01-31 12:00:00] INFO  message, key=value`.
func appendText(line []byte, record slog.Record, fields []field) []byte {
	line = append(line, '[')
	line = record.Time.AppendFormat(line, "2006-01-02 15:04:05")
	line = append(line, "] "...)
	line = append(line, paddedLevel(record.Level)...)
	line = append(line, ' ')
	line = append(line, record.Message...)
	stack := ""
	for _, each := range fields {
		if each.name == StackField {
			stack = each.value.String()
			continue
		}
		line = append(line, ", "...)
		line = append(line, each.name...)
		line = append(line, '=')
		line = append(line, quoted(each.value.String())...)
	}
	line = append(line, '\n')
	if stack != "" {
		line = append(line, strings.TrimRight(stack, "\n")...)
		line = append(line, '\n')
	}
	return line
}

func paddedLevel(level slog.Level) string {
	switch {
	case level < slog.LevelInfo:
		return "DEBUG"
	case level < slog.LevelWarn:
		return "INFO "
	case level < slog.LevelError:
		return "WARN "
	case level < slog.LevelError+4:
		return "ERROR"
	}
	return "CRIT "
}

// quoted keeps a line one line, and lets it be split again.
func quoted(text string) string {
	if strings.ContainsAny(text, "\n\r") {
		return strconv.Quote(text)
	}
	if strings.Contains(text, " ") {
		return `"` + text + `"`
	}
	return text
}
