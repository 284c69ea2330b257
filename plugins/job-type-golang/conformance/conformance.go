// Package conformance is the job with which the wrapper is tested: every mode does one thing that a job may do to its
// wrapper.
package conformance

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"racetrack/jobs"
)

// Input is what every mode may need.
type Input struct {
	Mode    string         `json:"mode" doc:"what to do"`
	Numbers []float64      `json:"numbers,omitempty"`
	Value   any            `json:"value,omitempty"`
	Seconds float64        `json:"seconds,omitempty"`
	Message string         `json:"message,omitempty"`
	Lines   int            `json:"lines,omitempty"`
	Name    string         `json:"name,omitempty"`
	Payload map[string]any `json:"payload,omitempty"`
}

// Init does what CONFORMANCE_INIT says.
func Init() error {
	switch os.Getenv("CONFORMANCE_INIT") {
	case "slow":
		time.Sleep(2 * time.Second)
	case "fail":
		return errors.New("the model is missing")
	}
	return nil
}

// DocsInputExample is the example of the documentation.
func DocsInputExample() map[string]any {
	return map[string]any{"mode": "add", "numbers": []int{40, 2}}
}

// Perform does what mode says.
func Perform(ctx context.Context, input Input) (any, error) {
	switch input.Mode {
	case "add":
		return add(input.Numbers), nil
	case "echo":
		return input.Value, nil
	case "sleep":
		return sleep(ctx, input.Seconds)
	case "spin":
		return spin(input.Seconds), nil
	case "headers":
		return headers(ctx), nil
	case "log":
		jobs.Logger(ctx).Info(input.Message)
		return "logged", nil
	case "flood":
		for line := range input.Lines {
			fmt.Printf("line %d of a flood that nobody asked for\n", line)
		}
		return "flooded", nil
	case "unencodable":
		return math.NaN(), nil
	case "call":
		return jobs.Call(ctx, input.Name, input.Payload)
	}
	return nil, goWrong(input)
}

func add(numbers []float64) float64 {
	sum := 0.0
	for _, number := range numbers {
		sum += number
	}
	return sum
}

func sleep(ctx context.Context, seconds float64) (string, error) {
	select {
	case <-time.After(time.Duration(seconds * float64(time.Second))):
		return "done", nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func spin(seconds float64) string {
	end := time.Now().Add(time.Duration(seconds * float64(time.Second)))
	for time.Now().Before(end) {
	}
	return "done"
}

func headers(ctx context.Context) map[string]string {
	seen := map[string]string{}
	for name, values := range jobs.Request(ctx).Header {
		seen[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	return seen
}

func goWrong(input Input) error {
	switch input.Mode {
	case "fail":
		return errors.New(input.Message)
	case "panic":
		panic(input.Message)
	case "exit":
		os.Exit(3)
	case "refuse":
		return jobs.BadRequest("%s", input.Message)
	}
	return jobs.BadRequest("there is no mode %q", input.Mode)
}
