// Package function is the smallest form of a Go job: a function that takes an object and answers anything.
package function

import "errors"

// Perform adds the numbers of the list `numbers`.
func Perform(input map[string]interface{}) (interface{}, error) {
	given, found := input["numbers"]
	if !found {
		return nil, errors.New("'numbers' parameter was not given")
	}
	numbers, isList := given.([]interface{})
	if !isList {
		return nil, errors.New("'numbers' is not a list")
	}
	sum := 0.0
	for _, each := range numbers {
		number, isNumber := each.(float64)
		if !isNumber {
			return nil, errors.New("'numbers' holds something that is not a number")
		}
		sum += number
	}
	return sum, nil
}

// DocsInputExample fills in the form on the job's Swagger page. It is never used for a call.
func DocsInputExample() map[string]interface{} {
	return map[string]interface{}{"numbers": []int{40, 2}}
}
