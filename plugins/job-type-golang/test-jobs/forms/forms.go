// Package forms has a function of every form that a job's functions may have.
package forms

import (
	"context"
	"errors"
	"log"
	"os"
	"runtime"
	"time"

	"example.com/forms/parts"
	"racetrack/jobs"
)

var words string

func init() { words = parts.Greeting }

// Init reads a file by its name: a job runs among its own files.
func Init() error {
	text, err := os.ReadFile("words.txt")
	words += " " + string(text)
	return err
}

// Perform **answers** what
// it gets. Whatever that is.
//
// It takes anything.
func Perform(input map[string]interface{}) (interface{}, error) {
	if len(input) == 0 {
		return words, nil
	}
	return input, nil
}

// Item is a part of an order.
type Item struct {
	Name  string   `json:"name"`
	Price float64  `json:"price" doc:"of one, in euros"`
	Count *int     `json:"count"`
	Tags  []string `json:"tags,omitempty"`
}

// Order is the input of a typed function.
type Order struct {
	Base
	Items   []Item            `json:"items" doc:"what is ordered"`
	Notes   map[string]string `json:"notes,omitempty"`
	Urgent  bool              `json:"urgent,omitempty"`
	Due     *time.Time        `json:"due"`
	private int
}

// Base has what all inputs have.
type Base struct {
	Customer string `json:"customer"`
}

// Total is the output of a typed function.
type Total struct {
	Customer string  `json:"customer"`
	Sum      float64 `json:"sum" doc:"in euros"`
}

type four[T any] struct{ A, B, C, D *T }

// crowd stands for a million types.
type crowd = four[four[four[four[four[four[four[four[four[four[int]]]]]]]]]]

// AuxiliaryEndpoints offers the other forms.
func AuxiliaryEndpoints() map[string]any {
	return map[string]any{
		"/positional": positional,
		"/typed":      typed,
		"/pointer":    func(order *Order) *Total { return &Total{Customer: order.Customer} },
		"/numbers":    func(numbers map[string]int) int { return len(numbers) },
		"/nothing":    func() string { return "nothing taken" },
		"/silent":     func(input map[string]any) error { return nil },
		"/context":    withContext,
		"/status":     func() error { return &jobs.StatusError{Status: 409, Message: "it is there already"} },
		"/own-status": func() error { return refusal("not today") },
		"/goexit":     func() { runtime.Goexit() },
		"/nil":        func() any { var numbers []int; return numbers[3] },
		"/own":        func() error { return silentError{} },
		"/stdlog":     func() { log.Print("by the old logger") },
		"/headers":    func(ctx context.Context, _ map[string]any) any { return jobs.Request(ctx).Header },
		"/call":       call,
		"/crowd":      func(input crowd) bool { return input.A == nil },
	}
}

func positional(args []interface{}, kwargs map[string]interface{}) (interface{}, error) {
	return map[string]any{"args": args, "kwargs": kwargs}, nil
}

func typed(order Order) (Total, error) {
	total := Total{Customer: order.Customer}
	for _, item := range order.Items {
		count := 1
		if item.Count != nil {
			count = *item.Count
		}
		total.Sum += item.Price * float64(count)
	}
	return total, nil
}

// withContext tells how it has ended.
func withContext(ctx context.Context, input map[string]any) (any, error) {
	select {
	case <-ctx.Done():
		jobs.Logger(ctx).Info("the context has ended")
		return nil, ctx.Err()
	case <-time.After(20 * time.Second):
		return nil, errors.New("the context has not ended")
	}
}

func call(ctx context.Context, input map[string]string) (any, error) {
	return jobs.Call(ctx, input["name"], nil, jobs.Version(input["version"]), jobs.Path(input["path"]))
}

// refusal knows its status without the library.
type refusal string

func (r refusal) Error() string { return string(r) }

func (refusal) StatusCode() int { return 403 }

type silentError struct{}

func (silentError) Error() string { panic("errors may fail, too") }

// StaticEndpoints offers files.
func StaticEndpoints() map[string]string {
	return map[string]string{"/answer": "static/answer.json", "/all": "static"}
}

// Metrics are the job's own.
func Metrics() []jobs.Metric {
	return []jobs.Metric{
		{Name: "orders_open", Value: 3, Description: "Orders that wait", Labels: map[string]string{"shop": `the "first"`}},
		{Name: "not a name", Value: 1},
	}
}
