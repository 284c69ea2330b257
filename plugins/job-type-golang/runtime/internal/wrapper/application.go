package wrapper

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"racetrack/jobs/internal/logs"
	"racetrack/jobs/internal/metrics"
	"racetrack/jobs/internal/settings"
)

// headerTimeout bounds how long a request's head may take; bodies and answers may take any time.
const headerTimeout = time.Minute

type counts = *metrics.Endpoint

// application answers requests, from the first probe to the last call.
type application struct {
	settings *settings.Settings
	options  *Options
	log      *logs.Handler
	metrics  *metrics.Registry
	limiter  *limiter
	state    state
	docs     *docsPage
	// ending is done once calls have no more time.
	ending context.Context
	end    context.CancelFunc
}

func newApplication(platform *settings.Settings, options *Options, log *logs.Handler) *application {
	ending, end := context.WithCancel(context.Background())
	return &application{
		settings: platform,
		options:  options,
		log:      log,
		metrics:  &metrics.Registry{},
		limiter:  newLimiter(options),
		docs:     newDocsPage(platform.JobName, options.SwaggerDir),
		ending:   ending,
		end:      end,
	}
}

// initialise runs the job's own beginning; a job that fails stays up and says why.
func (a *application) initialise(code Code) {
	isDone := false
	defer func() {
		thrown := recover()
		if isDone {
			return
		}
		text := "the initialisation has ended its goroutine"
		if thrown != nil {
			text = fmt.Sprintf("panic: %v", thrown)
		}
		a.fail(text, panicStack(debug.Stack()))
	}()
	loaded, err := code.load()
	isDone = true
	if err != nil {
		a.fail(err.Error(), "")
		return
	}
	for _, each := range loaded.endpoints {
		each.counts = a.metrics.Endpoint(each.path[len(apiPrefix):])
	}
	a.state.job.Store(loaded)
	slog.Info(fmt.Sprintf("job %s %s is ready", a.settings.JobName, a.settings.JobVersion))
}

func (a *application) fail(text, stack string) {
	a.state.err.Store(&text)
	slog.Error("job initialization failed: "+text, logs.StackField, stack)
}

// run serves until a signal comes, and then until the calls in progress have ended or their time is over.
func (a *application) run(listener net.Listener, stop <-chan os.Signal) int {
	server := &http.Server{
		Handler:           a,
		ReadHeaderTimeout: headerTimeout,
		BaseContext:       func(net.Listener) context.Context { return a.ending },
		ErrorLog:          slog.NewLogLogger(a.log, slog.LevelDebug),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		slog.Error("the job cannot go on listening", "cause", err)
		return 1
	case <-stop:
	}
	slog.Info("stopping: calls in progress have time to end", "seconds", a.settings.ShutdownGrace.Seconds())
	grace, hurry := context.WithTimeout(context.Background(), a.settings.ShutdownGrace)
	defer hurry()
	go func() {
		<-stop
		hurry()
	}()
	if err := server.Shutdown(grace); errors.Is(err, context.DeadlineExceeded) {
		slog.Warn("calls in progress are given up, their time is over")
	}
	// Connections first: what a call answers because its context has ended is not an answer.
	_ = server.Close()
	a.end()
	return 0
}
