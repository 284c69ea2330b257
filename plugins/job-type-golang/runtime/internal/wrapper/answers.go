package wrapper

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
)

var jsonType = []string{"application/json"}

// failure is the one shape of all errors.
type failure struct {
	status int
	Error  string `json:"error"`
	// Type is the class of an error of the job's code.
	Type string `json:"type,omitempty"`
	// Detail is there for errors of the HTTP kind, where clients of old look for it.
	Detail string `json:"detail,omitempty"`
	// Hint tells what to do about another job's refusal.
	Hint string `json:"hint,omitempty"`
	// RequestID is the tracing id of the request.
	RequestID string `json:"request_id,omitempty"`
}

// httpFailure is an error of the HTTP kind.
func httpFailure(status int, text string) *failure {
	return &failure{status: status, Error: text, Detail: text}
}

func writeJSON(w http.ResponseWriter, status int, value any) int {
	buffer := buffers.Get().(*bytes.Buffer)
	defer recycle(buffer)
	if err := encode(buffer, value); err != nil {
		buffer.Reset()
		status = http.StatusInternalServerError
		_ = encode(buffer, failure{Error: "the answer cannot be said in JSON: " + err.Error()})
	}
	return writeBody(w, status, buffer.Bytes())
}

func writeBody(w http.ResponseWriter, status int, body []byte) int {
	header := w.Header()
	header["Content-Type"] = jsonType
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write(body)
	return status
}

// encode writes compact JSON, every character as it is.
func encode(buffer *bytes.Buffer, value any) error {
	encoder := json.NewEncoder(buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err
	}
	// Encode ends with a line feed.
	buffer.Truncate(buffer.Len() - 1)
	return nil
}

// maxKeptBytes is how large a buffer may be that is kept for later.
const maxKeptBytes = 64 << 10

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func recycle(buffer *bytes.Buffer) {
	if buffer.Cap() > maxKeptBytes {
		return
	}
	buffer.Reset()
	buffers.Put(buffer)
}

// redirect is relative, so that whatever prefix and version alias the caller used stays.
func redirect(w http.ResponseWriter, location string) int {
	w.Header().Set("Location", location)
	w.WriteHeader(http.StatusTemporaryRedirect)
	return http.StatusTemporaryRedirect
}
