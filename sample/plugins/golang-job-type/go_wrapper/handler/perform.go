// Package stub stands in for a job, so that the wrapper can be built and tried by itself.
package stub

import "errors"

// Perform adds up the numbers of the input.
func Perform(input map[string]interface{}) (interface{}, error) {
	numbers, ok := input["numbers"].([]interface{})
	if !ok {
		return nil, errors.New("numbers has to be a list")
	}
	sum := 0.0
	for _, each := range numbers {
		number, ok := each.(float64)
		if !ok {
			return nil, errors.New("numbers has to hold numbers only")
		}
		sum += number
	}
	return sum, nil
}
