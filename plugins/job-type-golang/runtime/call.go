package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"racetrack/jobs/internal/calling"
	"racetrack/jobs/internal/settings"
)

// Option changes how another job is called.
type Option func(*callOptions)

type callOptions struct {
	version string
	path    string
	method  string
	timeout time.Duration
}

// Version of the job to call, exact or with wildcards; "latest" by default.
func Version(version string) Option { return func(o *callOptions) { o.version = version } }

// Path of the endpoint to call, "/api/v1/perform" by default.
func Path(path string) Option { return func(o *callOptions) { o.path = path } }

// Method of the request, POST by default. With GET the payload is left out.
func Method(method string) Option { return func(o *callOptions) { o.method = method } }

// Timeout of the call, 10 seconds by default; 0 leaves it to the context.
func Timeout(timeout time.Duration) Option { return func(o *callOptions) { o.timeout = timeout } }

const maxHintBytes = 1000

// CallError tells why a call of another job has failed.
type CallError struct {
	Job, Version string
	// Status of the answer; 0 when there was none.
	Status int
	// Body is the answer, as text.
	Body string
	// Hint tells what to do about it, where the answer says so. Whoever called this job gets it as well.
	Hint string
	// Caller is the name of the job that called.
	Caller string
	cause  error
	// reason is what the body says, without what is around it.
	reason string
}

func (e *CallError) Error() string {
	text := fmt.Sprintf("failed to call job %q by %s: %v", e.Job+" "+e.Version, e.Caller, e.cause)
	if e.reason != "" {
		text += ": " + e.reason
	}
	return text
}

// readBody takes error and hint out of an answer, which may be anything.
func (e *CallError) readBody(body []byte) {
	e.Body, e.reason = string(body), string(body)
	var answer struct{ Error, Hint any }
	if json.Unmarshal(body, &answer) != nil {
		return
	}
	if text, ok := answer.Error.(string); ok && text != "" {
		e.reason = text
	}
	if hint, ok := answer.Hint.(string); ok {
		// One line: it goes into the log.
		e.Hint = strings.Join(strings.Fields(hint[:min(len(hint), maxHintBytes)]), " ")
	}
}

// Unwrap is the reason, such as a context's end.
func (e *CallError) Unwrap() error { return e.cause }

// Call calls another job with a payload and answers what it answers: nil, bool, float64, string, []any or map[string]any.
//
// The call goes through the platform with the token of this job, with the tracing id and the caller of the request that
// the context belongs to. Every failure is a [*CallError].
func Call(ctx context.Context, name string, payload any, options ...Option) (any, error) {
	return CallAs[any](ctx, name, payload, options...)
}

// CallAs is [Call] for an answer of a known type.
func CallAs[Result any](ctx context.Context, name string, payload any, options ...Option) (Result, error) {
	chosen := callOptions{version: "latest", path: "/api/v1/perform", method: http.MethodPost, timeout: 10 * time.Second}
	for _, option := range options {
		option(&chosen)
	}
	var result Result
	body, failure := send(ctx, name, payload, chosen)
	if failure != nil {
		return result, failure
	}
	if err := json.Unmarshal(body, &result); err != nil {
		return result, chosen.fail(name, fmt.Errorf("its answer is not what was expected: %w", err))
	}
	return result, nil
}

func send(ctx context.Context, name string, payload any, options callOptions) ([]byte, error) {
	if options.timeout > 0 {
		limited, cancel := context.WithTimeout(ctx, options.timeout)
		defer cancel()
		ctx = limited
	}
	request, err := newRequest(ctx, name, payload, options)
	if err != nil {
		return nil, options.fail(name, err)
	}
	answer, err := client().Do(request)
	if err != nil {
		return nil, options.fail(name, withoutAddress(err))
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, options.fail(name, err)
	}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		failure := options.fail(name, errors.New(answer.Status))
		failure.Status = answer.StatusCode
		failure.readBody(body)
		return nil, failure
	}
	return body, nil
}

func newRequest(ctx context.Context, name string, payload any, options callOptions) (*http.Request, error) {
	platform := settings.Current()
	if platform.PubURL == "" {
		return nil, errors.New("PUB_URL is not set, which the platform sets for its jobs")
	}
	endpoint, err := calling.Address(name, options.version, options.path)
	if err != nil {
		return nil, err
	}
	address := strings.TrimRight(platform.PubURL, "/") + "/job/" + endpoint
	var body io.Reader
	if options.method != http.MethodGet {
		if payload == nil {
			payload = struct{}{}
		}
		encoded, err := json.Marshal(payload)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, options.method, address, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	current := calling.From(ctx)
	for header, value := range map[string]string{
		calling.AuthHeader:     platform.AuthToken,
		platform.TracingHeader: current.TracingID,
		platform.CallerHeader:  current.Caller,
	} {
		if value != "" {
			request.Header.Set(header, value)
		}
	}
	return request, nil
}

func (o callOptions) fail(name string, cause error) *CallError {
	return &CallError{Job: name, Version: o.version, Caller: settings.Current().JobName, cause: cause}
}

// withoutAddress leaves out method and address, which the message has already said in its own way.
func withoutAddress(err error) error {
	var failure *url.Error
	if errors.As(err, &failure) {
		return failure.Err
	}
	return err
}

// client follows no redirects, so that the job's token goes to the platform alone.
var client = sync.OnceValue(func() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.MaxIdleConnsPerHost = 64
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
})
