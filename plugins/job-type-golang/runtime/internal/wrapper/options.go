package wrapper

import (
	"errors"
	"flag"
	"io"
	"time"

	"racetrack/jobs/internal/settings"
)

// Options are what the command line says; 0 means unlimited, but for the queue, where it is -1.
type Options struct {
	UDS                 string
	Port                int
	SwaggerDir          string
	HomePage            string
	MaxConcurrency      int
	MaxConcurrencyQueue int
	MaxInflight         int64
	CallTimeout         time.Duration
}

func parseOptions(arguments []string) (*Options, error) {
	options := &Options{}
	var timeout string
	flags := flag.NewFlagSet("job", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&options.UDS, "uds", "", "path of a Unix socket to listen on")
	flags.IntVar(&options.Port, "port", 7000, "port to listen on, on all interfaces")
	flags.StringVar(&options.SwaggerDir, "swagger-dir", "", "folder with the files of the Swagger page")
	flags.StringVar(&options.HomePage, "home-page", "/docs", "where the root page leads")
	flags.IntVar(&options.MaxConcurrency, "max-concurrency", 0, "calls that run at once")
	flags.IntVar(&options.MaxConcurrencyQueue, "max-concurrency-queue", -1, "calls that may wait for their turn")
	flags.Int64Var(&options.MaxInflight, "max-inflight-requests", 0, "calls that run and wait together")
	flags.StringVar(&timeout, "call-timeout", "", "seconds that a call may take")
	if err := flags.Parse(arguments); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, errors.New("unexpected argument: " + flags.Arg(0))
	}
	options.CallTimeout = settings.Seconds(timeout, 0)
	return options, nil
}
