package functions

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
)

// newTypedFunction is for functions whose input is a struct or a map of one type.
func newTypedFunction(to *target, input reflect.Type, isPassed bool) (*Function, error) {
	shape := newShapes().of(input)
	if shape.kind == kindPointer {
		shape = shape.element
	}
	return &Function{
		Input:      newSchemas().of(input),
		Parameters: shape.parameters(),
		Decode: func(body []byte) (Call, error) {
			if isEmpty(body) {
				body = []byte("{}")
			}
			var value any
			if err := json.Unmarshal(body, &value); err != nil {
				return nil, presentBody(err)
			}
			if value == nil {
				value, body = map[string]any{}, []byte("{}")
			}
			if _, isObject := value.(map[string]any); !isObject {
				return nil, &BodyError{"a JSON object of named arguments is expected, not " + describeValue(value)}
			}
			if problem := shape.check(value, ""); problem != "" {
				return nil, &ArgumentError{problem}
			}
			if !isPassed {
				return func(ctx context.Context) (any, error) { return to.call(ctx) }, nil
			}
			filled := reflect.New(input)
			if err := json.Unmarshal(body, filled.Interface()); err != nil {
				return nil, &ArgumentError{shape.explain(value, err)}
			}
			return func(ctx context.Context) (any, error) { return to.call(ctx, filled.Elem()) }, nil
		},
	}, nil
}

// explain is for what only the types themselves know: numbers too large, times of another form.
func (s *shape) explain(value any, err error) string {
	if problem := s.locate(value, ""); problem != "" {
		return problem
	}
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) && mismatch.Field != "" {
		return mismatch.Field + ": " + article(mismatch.Value) + " does not fit " + mismatch.Type.String()
	}
	return "an argument does not fit its type: " + err.Error()
}
