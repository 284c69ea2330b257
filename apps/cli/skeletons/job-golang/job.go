// Package job adds up numbers.
package job

import "math"

// Input is what a call may say.
type Input struct {
	Numbers []float64 `json:"numbers" doc:"what to add up"`
	Rounded bool      `json:"rounded,omitempty" doc:"whether to leave out decimals"`
}

// Output is what it is answered.
type Output struct {
	Total float64 `json:"total"`
	Unit  string  `json:"unit"`
}

// refusal is the caller's fault: an error that knows its status. Every other error is the job's (500).
type refusal string

func (r refusal) Error() string { return string(r) }

// StatusCode is the status that the caller gets.
func (refusal) StatusCode() int { return 400 }

// Init runs once, before the first call: load a model or a table here.
func Init() error {
	return nil
}

// Perform adds up numbers.
func Perform(input Input) (Output, error) {
	if len(input.Numbers) == 0 {
		return Output{}, refusal("there are no numbers to add up")
	}
	total := 0.0
	for _, number := range input.Numbers {
		total += number
	}
	if input.Rounded {
		total = math.Round(total)
	}
	return Output{Total: total, Unit: "EUR"}, nil
}

// DocsInputExample is shown on the job's page, and called by `racetrack dev --once`.
func DocsInputExample() map[string]any {
	return map[string]any{"numbers": []int{40, 2}}
}
