// Package settings reads what the platform tells a job in its environment.
package settings

import (
	"encoding/json"
	"log/slog"
	"math"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const defaultMaxBodyBytes = 128 << 20

// Settings are the variables of the wrapper contract.
type Settings struct {
	JobName, JobVersion string
	// GitVersion and the next two are nil when nobody has said them.
	GitVersion, RacetrackVersion, JobTypeVersion *string
	// DeploymentTimestamp is a number, or null.
	DeploymentTimestamp json.RawMessage
	PubURL, AuthToken   string
	TracingHeader       string
	CallerHeader        string
	LogLevel            slog.Level
	LogStructured       bool
	LogCallerName       bool
	ShutdownGrace       time.Duration
	MaxBodyBytes        int64
}

// Current is read once: a job that changes its environment changes nothing of it.
var Current = sync.OnceValue(func() *Settings { return read(os.Getenv) })

func read(get func(string) string) *Settings {
	orElse := func(name, fallback string) string {
		if value := strings.TrimSpace(get(name)); value != "" {
			return value
		}
		return fallback
	}
	return &Settings{
		JobName:             orElse("JOB_NAME", "JOB_NAME"),
		JobVersion:          orElse("JOB_VERSION", "JOB_VERSION"),
		GitVersion:          optional(get("GIT_VERSION")),
		RacetrackVersion:    optional(get("DEPLOYED_BY_RACETRACK_VERSION")),
		JobTypeVersion:      optional(get("JOB_TYPE_VERSION")),
		DeploymentTimestamp: timestamp(get("JOB_DEPLOYMENT_TIMESTAMP")),
		PubURL:              get("PUB_URL"),
		AuthToken:           get("AUTH_TOKEN"),
		TracingHeader:       orElse("REQUEST_TRACING_HEADER", "X-Request-Tracing-Id"),
		CallerHeader:        orElse("CALLER_NAME_HEADER", "X-Caller-Name"),
		LogLevel:            level(get("LOG_LEVEL")),
		LogStructured:       isOn(get("LOG_STRUCTURED")),
		LogCallerName:       isOn(get("LOG_CALLER_NAME")),
		ShutdownGrace:       Seconds(get("JOB_SHUTDOWN_GRACE_SECONDS"), 30*time.Second),
		MaxBodyBytes:        size(get("JOB_MAX_BODY_BYTES")),
	}
}

// Seconds parses a number of seconds; what is none is the fallback.
func Seconds(text string, fallback time.Duration) time.Duration {
	seconds, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(seconds) || seconds < 0 {
		return fallback
	}
	if seconds > math.MaxInt64/float64(time.Second) {
		return math.MaxInt64
	}
	return time.Duration(seconds * float64(time.Second))
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func timestamp(text string) json.RawMessage {
	if _, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); err != nil {
		return json.RawMessage("null")
	}
	number, _ := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	return strconv.AppendInt(nil, number, 10)
}

func level(text string) slog.Level {
	switch strings.ToUpper(strings.TrimSpace(text)) {
	case "DEBUG":
		return slog.LevelDebug
	case "WARNING":
		return slog.LevelWarn
	case "ERROR":
		return slog.LevelError
	}
	return slog.LevelInfo
}

func isOn(text string) bool {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true", "t", "yes", "y", "1":
		return true
	}
	return false
}

func size(text string) int64 {
	bytes, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || bytes < 0 {
		return defaultMaxBodyBytes
	}
	return bytes
}
