package wrapper

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"runtime/debug"
	"strconv"
	"strings"

	"racetrack/jobs"
	"racetrack/jobs/internal/functions"
	"racetrack/jobs/internal/logs"
)

// perform runs the job's code and encodes what it returns. Whatever it does short of ending the process, it answers.
func perform(ctx context.Context, run functions.Call) (result outcome) {
	isDone := false
	defer func() {
		thrown := recover()
		if isDone {
			return
		}
		result = outcome{failure: presentPanic(ctx, thrown, debug.Stack())}
	}()
	value, err := run(ctx)
	if err != nil {
		result.failure = presentError(ctx, err)
		isDone = true
		return result
	}
	buffer := buffers.Get().(*bytes.Buffer)
	if err := encode(buffer, value); err != nil {
		recycle(buffer)
		text := "the result cannot be said in JSON: " + err.Error()
		slog.ErrorContext(ctx, "call failed: "+text)
		result.failure = &failure{status: http.StatusInternalServerError, Error: text, Type: className(err)}
	} else {
		result.body = buffer
	}
	isDone = true
	return result
}

func presentError(ctx context.Context, err error) *failure {
	refusal := &failure{status: chooseStatus(err), Error: errorText(err), Type: className(err)}
	fields := []any{"cause", refusal.Type}
	var call *jobs.CallError
	if errors.As(err, &call) && call.Hint != "" {
		refusal.Hint = call.Hint
		fields = append(fields, "hint", call.Hint)
	}
	// What the job's code refuses is no fault of the job.
	level := slog.LevelError
	if refusal.status < http.StatusInternalServerError {
		level = slog.LevelWarn
	}
	slog.Log(ctx, level, "call failed: "+refusal.Error, fields...)
	return refusal
}

// chooseStatus takes errors of the library, and any others that know their status: those need no import.
func chooseStatus(err error) (status int) {
	defer func() {
		if recover() != nil || status < 400 || status > 599 {
			status = http.StatusInternalServerError
		}
	}()
	var chosen *jobs.StatusError
	if errors.As(err, &chosen) {
		return chosen.Status
	}
	var other interface{ StatusCode() int }
	if errors.As(err, &other) {
		return other.StatusCode()
	}
	return http.StatusInternalServerError
}

// errorText is what an error says, whatever its method does.
func errorText(err error) (text string) {
	defer func() {
		if recover() != nil || text == "" {
			text = className(err)
		}
	}()
	return err.Error()
}

func presentPanic(ctx context.Context, thrown any, stack []byte) *failure {
	text, class := "the call has ended its goroutine", "runtime.Goexit"
	if thrown != nil {
		text, class = fmt.Sprintf("panic: %v", thrown), "panic"
	}
	slog.ErrorContext(ctx, "call failed: "+text, "cause", class, logs.StackField, panicStack(stack))
	return &failure{status: http.StatusInternalServerError, Error: text, Type: class}
}

func className(err error) string {
	return strings.TrimPrefix(reflect.TypeOf(err).String(), "*")
}

// panicStack begins at the panic: what is above are frames of the one who caught it.
func panicStack(stack []byte) string {
	text := string(stack)
	if at := strings.LastIndex(text, "\npanic("); at >= 0 {
		return text[at+1:]
	}
	return text
}

func bytesText(size int64) string {
	return strconv.FormatInt(size, 10) + " bytes"
}
