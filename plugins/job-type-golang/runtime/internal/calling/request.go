// Package calling carries what is known of a request to the code that answers it.
package calling

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// AuthHeader names the header, and the cookie, with which callers identify themselves to the platform.
const AuthHeader = "X-Racetrack-Auth"

// credentials are the names of all headers, and cookies, that may hold a caller's token.
var credentials = []string{AuthHeader, "X-Racetrack-Esc-Auth", "X-Racetrack-User-Auth", "X-Racetrack-Job-Auth"}

// Request is what is known of the request that a call answers.
type Request struct {
	// Header of the request, without the caller's credentials. Not to be changed.
	Header http.Header
	// TracingID ties the log lines of all jobs together that had a part in a call.
	TracingID string
	// Caller is who called, as far as the platform has said.
	Caller string
	// Path below the job, such as "/api/v1/perform".
	Path string
}

type key struct{}

// With makes the context of one call.
func With(ctx context.Context, request *Request) context.Context {
	return context.WithValue(ctx, key{}, request)
}

// From finds the request of a context; an empty one where there is none.
func From(ctx context.Context) Request {
	if ctx != nil {
		if request, ok := ctx.Value(key{}).(*Request); ok {
			return *request
		}
	}
	return Request{Header: http.Header{}}
}

// DropCredentials removes the platform's token from headers: whoever calls a job does not give it his rights.
func DropCredentials(header http.Header) {
	for _, name := range credentials {
		delete(header, name)
	}
	cookies, found := header["Cookie"]
	if !found {
		return
	}
	kept := make([]string, 0, len(cookies))
	for _, line := range cookies {
		if line = dropCookie(line); line != "" {
			kept = append(kept, line)
		}
	}
	if len(kept) == 0 {
		delete(header, "Cookie")
		return
	}
	header["Cookie"] = kept
}

func dropCookie(line string) string {
	pairs := strings.Split(line, ";")
	kept := pairs[:0]
	for _, pair := range pairs {
		name, _, _ := strings.Cut(strings.TrimSpace(pair), "=")
		if !isCredential(strings.TrimSpace(name)) {
			kept = append(kept, pair)
		}
	}
	return strings.TrimSpace(strings.Join(kept, ";"))
}

func isCredential(name string) bool {
	return slices.ContainsFunc(credentials, func(known string) bool { return strings.EqualFold(name, known) })
}
