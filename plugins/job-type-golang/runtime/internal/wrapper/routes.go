package wrapper

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"racetrack/jobs"
	"racetrack/jobs/internal/calling"
	"racetrack/jobs/internal/logs"
	"racetrack/jobs/internal/metrics"
)

// metricsTimeout is for the job's own metrics: a scrape that they would hold up for longer goes without.
const metricsTimeout = 5 * time.Second

// ServeHTTP answers one request and writes its line to the log.
func (a *application) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	prefix, path := splitPrefix(r.URL.Path)
	request := &calling.Request{
		Header:    r.Header,
		TracingID: r.Header.Get(a.settings.TracingHeader),
		Caller:    r.Header.Get(a.settings.CallerHeader),
		Path:      path,
	}
	calling.DropCredentials(r.Header)
	status := a.answer(w, r, prefix, path, request)
	if status == 0 || status < 400 && isSilent(path) {
		return
	}
	a.log.Request(r.Method, r.URL.EscapedPath(), status, request)
}

func isSilent(path string) bool {
	switch path {
	case "/live", "/ready", "/health", "/metrics", "/metrics/":
		return true
	}
	return false
}

func (a *application) answer(w http.ResponseWriter, r *http.Request, prefix, path string, request *calling.Request) (status int) {
	defer func() {
		// A fault of ours, since what the job does is caught nearer to it: the process goes on.
		if thrown := recover(); thrown != nil {
			slog.Error("request failed", "cause", fmt.Sprint(thrown), logs.StackField, panicStack(debug.Stack()))
			status = a.refuse(w, httpFailure(http.StatusInternalServerError, "Internal Server Error"), request)
		}
	}()
	ready := a.state.job.Load()
	if ready != nil && r.Method == http.MethodPost {
		if target := ready.endpoints[path]; target != nil {
			return a.call(w, r, target, request)
		}
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		if status := a.answerGet(w, r, ready, prefix, path); status != 0 {
			return status
		}
	}
	return a.answerOther(w, r, ready, prefix, path, request)
}

// answerGet answers 0 when there is nothing at the path.
func (a *application) answerGet(w http.ResponseWriter, r *http.Request, ready *job, prefix, path string) int {
	switch path {
	case "/live":
		return a.answerLive(w)
	case "/ready":
		return a.answerReady(w)
	case "/health":
		return a.answerHealth(w)
	case "/metrics", "/metrics/":
		return a.answerMetrics(w, r.Context(), ready)
	case "/":
		return redirect(w, "."+a.options.HomePage)
	case "/docs":
		return a.docs.page(w)
	case "/openapi.json":
		return writeJSON(w, http.StatusOK, a.describe(ready, prefix))
	}
	if name, found := strings.CutPrefix(path, "/docs/"); found {
		return a.docs.asset(w, name)
	}
	if ready == nil {
		return 0
	}
	if path == apiPrefix+"/parameters" && ready.endpoints[performPath] != nil {
		return writeJSON(w, http.StatusOK, presentParameters(ready.endpoints[performPath].function))
	}
	if name := ready.files[path]; name != "" && serveFile(w, r, name) {
		return http.StatusOK
	}
	return 0
}

func (a *application) answerOther(
	w http.ResponseWriter, r *http.Request, ready *job, prefix, path string, request *calling.Request,
) int {
	query := ""
	if r.URL.RawQuery != "" {
		query = "?" + r.URL.RawQuery
	}
	escaped := r.URL.EscapedPath()
	if path == "" && prefix != "" {
		return redirect(w, "./"+escaped[strings.LastIndexByte(escaped, '/')+1:]+"/"+query)
	}
	if allowed := a.allowed(ready, path); allowed != "" && allowed != r.Method {
		w.Header().Set("Allow", allowed)
		return a.refuse(w, httpFailure(http.StatusMethodNotAllowed, "Method Not Allowed"), request)
	}
	bare := strings.TrimRight(path, "/")
	if bare != path && bare != "" && a.allowed(ready, bare) != "" {
		trimmed := strings.TrimRight(escaped, "/")
		return redirect(w, "../"+trimmed[strings.LastIndexByte(trimmed, '/')+1:]+query)
	}
	return a.refuse(w, httpFailure(http.StatusNotFound, a.explainMissing(ready, path)), request)
}

func (a *application) allowed(ready *job, path string) string {
	switch path {
	case "/", "/docs", "/openapi.json":
		return http.MethodGet
	}
	switch {
	case isSilent(path):
		return http.MethodGet
	case ready == nil:
		return ""
	case ready.endpoints[path] != nil:
		return http.MethodPost
	case ready.files[path] != "", path == apiPrefix+"/parameters" && ready.endpoints[performPath] != nil:
		return http.MethodGet
	}
	return ""
}

func (a *application) explainMissing(ready *job, path string) string {
	switch {
	case a.state.failure() != "":
		return "Not Found: the job failed to initialise: " + a.state.failure()
	case ready == nil:
		return "Not Found: the job is still initialising"
	}
	return "Not Found: the job has nothing at " + path
}

func (a *application) answerMetrics(w http.ResponseWriter, ctx context.Context, ready *job) int {
	text := metrics.AppendProcess(a.metrics.Append(nil))
	if ready != nil && ready.metrics != nil {
		var problems []error
		text, problems = metrics.AppendUser(text, readUserMetrics(ctx, ready.metrics))
		for _, problem := range problems {
			slog.Error("metric of the job left out", "cause", problem)
		}
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write(text)
	return http.StatusOK
}

// readUserMetrics asks the job, for a limited time.
func readUserMetrics(ctx context.Context, read func() []jobs.Metric) []jobs.Metric {
	answer := make(chan []jobs.Metric, 1)
	go func() {
		defer func() {
			if thrown := recover(); thrown != nil {
				slog.Error("Metrics of the job failed", "cause", fmt.Sprint(thrown), logs.StackField, panicStack(debug.Stack()))
			}
			close(answer)
		}()
		answer <- read()
	}()
	select {
	case values := <-answer:
		return values
	case <-time.After(metricsTimeout):
		slog.Error("Metrics of the job took too long", "seconds", metricsTimeout.Seconds())
	case <-ctx.Done():
	}
	return nil
}
