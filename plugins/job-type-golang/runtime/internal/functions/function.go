// Package functions calls the functions of a job, whatever form they have, with what a request's body says.
package functions

import (
	"context"
	"errors"
	"fmt"
	"reflect"
)

// Call runs the function with the arguments that it was made for.
type Call func(ctx context.Context) (any, error)

// Function is a function of a job that can be called over HTTP.
type Function struct {
	// Decode turns a body into a call. Its errors are [*BodyError] and [*ArgumentError].
	Decode func(body []byte) (Call, error)
	// Parameters are the arguments, as far as the language tells.
	Parameters []Parameter
	// Input and Output are JSON schemas; an empty one says nothing.
	Input, Output map[string]any
}

// Parameter is one argument.
type Parameter struct {
	Name     string
	Type     string
	Required bool
}

// BodyError says that a body is not what a call needs: no JSON, or no object.
type BodyError struct{ Message string }

func (e *BodyError) Error() string { return e.Message }

// ArgumentError says that an argument is missing, unknown, or of the wrong type.
type ArgumentError struct{ Message string }

func (e *ArgumentError) Error() string { return e.Message }

var (
	contextType   = reflect.TypeFor[context.Context]()
	errorType     = reflect.TypeFor[error]()
	objectType    = reflect.TypeFor[map[string]any]()
	listType      = reflect.TypeFor[[]any]()
	errNoFunction = errors.New("it is no function")
)

const validForms = `it takes, after an optional context.Context, one of: nothing; map[string]interface{}; a struct, ` +
	`a pointer to one, or a map with string keys; ([]interface{}, map[string]interface{}). ` +
	`It returns a value, an error, both, or nothing`

// New looks at a function's form.
func New(function any) (*Function, error) {
	// The usual form needs no reflection.
	if plain, ok := function.(func(map[string]any) (any, error)); ok {
		return newMapFunction(func(_ context.Context, input map[string]any) (any, error) { return plain(input) }), nil
	}
	if plain, ok := function.(func(context.Context, map[string]any) (any, error)); ok {
		return newMapFunction(plain), nil
	}
	value := reflect.ValueOf(function)
	if value.Kind() != reflect.Func || value.IsNil() {
		return nil, errNoFunction
	}
	kind := value.Type()
	results, err := readResults(kind)
	if err != nil {
		return nil, err
	}
	reflected, err := newReflected(&target{value: value, takesContext: takesContext(kind), results: results})
	if err != nil {
		return nil, err
	}
	if results.value >= 0 {
		reflected.Output = newSchemas().of(kind.Out(results.value))
	}
	return reflected, nil
}

func newReflected(to *target) (*Function, error) {
	parameters := to.parameters()
	if to.value.Type().IsVariadic() {
		return nil, fmt.Errorf("it has a variable number of arguments; %s", validForms)
	}
	switch {
	case len(parameters) == 0:
		return newTypedFunction(to, reflect.TypeFor[struct{}](), false)
	case len(parameters) == 1 && parameters[0] == objectType:
		return newMapFunction(func(ctx context.Context, input map[string]any) (any, error) {
			return to.call(ctx, reflect.ValueOf(input))
		}), nil
	case len(parameters) == 1 && isObject(parameters[0]):
		return newTypedFunction(to, parameters[0], true)
	case len(parameters) == 2 && parameters[0] == listType && parameters[1] == objectType:
		return newPositionalFunction(to), nil
	}
	return nil, errors.New(validForms)
}

func isObject(kind reflect.Type) bool {
	if kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	return kind.Kind() == reflect.Struct || kind.Kind() == reflect.Map && kind.Key().Kind() == reflect.String
}

func takesContext(kind reflect.Type) bool {
	return kind.NumIn() > 0 && kind.In(0) == contextType
}

// results tells which of a function's results are what; -1 where there is none.
type results struct{ value, err int }

func readResults(kind reflect.Type) (results, error) {
	switch count := kind.NumOut(); {
	case count == 0:
		return results{-1, -1}, nil
	case count == 1 && kind.Out(0) == errorType:
		return results{-1, 0}, nil
	case count == 1:
		return results{0, -1}, nil
	case count == 2 && kind.Out(1) == errorType:
		return results{0, 1}, nil
	}
	return results{}, errors.New(validForms)
}

// target is a function that is called by reflection.
type target struct {
	value        reflect.Value
	takesContext bool
	results      results
}

func (t *target) parameters() []reflect.Type {
	kind := t.value.Type()
	var types []reflect.Type
	for index := 0; index < kind.NumIn(); index++ {
		if index > 0 || !t.takesContext {
			types = append(types, kind.In(index))
		}
	}
	return types
}

func (t *target) call(ctx context.Context, arguments ...reflect.Value) (any, error) {
	if t.takesContext {
		arguments = append([]reflect.Value{reflect.ValueOf(&ctx).Elem()}, arguments...)
	}
	answers := t.value.Call(arguments)
	var err error
	if t.results.err >= 0 {
		err, _ = answers[t.results.err].Interface().(error)
	}
	if t.results.value < 0 || err != nil {
		return nil, err
	}
	return answers[t.results.value].Interface(), nil
}
