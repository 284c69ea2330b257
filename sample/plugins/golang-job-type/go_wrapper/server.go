package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// What a job has to offer.
type performFunc func(input map[string]interface{}) (interface{}, error)

const (
	// Where Racetrack expects a job to listen.
	defaultPort = "7000"
	// Larger inputs are refused.
	maxInputBytes = 64 << 20
	// For calls under way when the job is told to end.
	drainTime = 10 * time.Second
)

// serve answers calls until the process is told to end.
func serve(perform performFunc) error {
	port := os.Getenv("HTTP_PORT")
	if port == "" {
		port = defaultPort
	}
	server := &http.Server{Addr: "0.0.0.0:" + port, Handler: newHandler(perform), ReadHeaderTimeout: 10 * time.Second}
	told, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	ended := make(chan error, 1)
	go func() {
		<-told.Done()
		drain, cancel := context.WithTimeout(context.Background(), drainTime)
		defer cancel()
		ended <- server.Shutdown(drain)
	}()
	log.Printf("listening on %s", server.Addr)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-ended
}

// newHandler offers everything twice: at the root, for probes, and where callers find the job. They may call it by any
// version that stands for this one, such as latest.
func newHandler(perform performFunc) http.Handler {
	mux := http.NewServeMux()
	for _, base := range []string{"", "/pub/job/" + url.PathEscape(os.Getenv("JOB_NAME")) + "/{version}"} {
		mux.HandleFunc("POST "+base+"/api/v1/perform", callPerform(perform))
		mux.HandleFunc("GET "+base+"/live", live)
		mux.HandleFunc("GET "+base+"/ready", ready)
		mux.HandleFunc("GET "+base+"/health", health)
		mountOpenAPI(mux, base)
	}
	return mux
}

func callPerform(perform performFunc) http.HandlerFunc {
	return func(response http.ResponseWriter, request *http.Request) {
		var input map[string]interface{}
		body := http.MaxBytesReader(response, request.Body, maxInputBytes)
		if err := json.NewDecoder(body).Decode(&input); err != nil {
			refuse(response, http.StatusBadRequest, fmt.Errorf("the body is not a JSON object: %w", err))
			return
		}
		output, err := perform(input)
		if err != nil {
			refuse(response, http.StatusInternalServerError, err)
			return
		}
		answer(response, http.StatusOK, output)
	}
}

func refuse(response http.ResponseWriter, status int, err error) {
	answer(response, status, map[string]string{"error": err.Error()})
}

func answer(response http.ResponseWriter, status int, value interface{}) {
	text, err := json.Marshal(value)
	if err != nil {
		status = http.StatusInternalServerError
		text = []byte(`{"error":"the result cannot be written as JSON"}`)
	}
	response.Header().Set("Content-Type", "application/json")
	response.WriteHeader(status)
	_, _ = response.Write(text)
}
