// Package function is a job in Go: Racetrack calls Perform.
package function

import "errors"

// Perform adds up the numbers of the input.
func Perform(input map[string]interface{}) (interface{}, error) {
	given, ok := input["numbers"]
	if !ok {
		return nil, errors.New("numbers is missing")
	}
	numbers, ok := given.([]interface{})
	if !ok {
		return nil, errors.New("numbers is not a list")
	}
	var sum float64
	for _, each := range numbers {
		number, ok := each.(float64)
		if !ok {
			return nil, errors.New("numbers holds something that is not a number")
		}
		sum += number
	}
	return sum, nil
}
