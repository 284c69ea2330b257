// Package wrapper is the program that serves a job over HTTP; docs/reference/wrapper-contract.md says what it owes.
package wrapper

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

	"racetrack/jobs/internal/logs"
	"racetrack/jobs/internal/settings"
)

// Main serves a job until it is told to stop, and ends the process. The generated program calls it.
func Main(code Code) {
	options, err := parseOptions(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(serve(code, options))
}

func serve(code Code, options *Options) int {
	platform := settings.Current()
	handler := logs.NewHandler(os.Stdout, platform)
	slog.SetDefault(slog.New(handler))
	// A log that nobody reads any more must not end the job.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	stop := make(chan os.Signal, 2)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)

	listener, err := listen(options)
	if err != nil {
		slog.Error("the job cannot listen", "cause", err)
		return 1
	}
	application := newApplication(platform, options, handler)
	go application.initialise(code)
	return application.run(listener, stop)
}

func listen(options *Options) (net.Listener, error) {
	if options.UDS == "" {
		return net.Listen("tcp", fmt.Sprintf(":%d", options.Port))
	}
	// Whoever was here before is gone: nobody else gets this path.
	if err := os.Remove(options.UDS); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	return net.Listen("unix", options.UDS)
}
