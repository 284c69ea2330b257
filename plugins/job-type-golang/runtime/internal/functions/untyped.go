package functions

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

var anyObject = map[string]any{"type": "object"}

// newMapFunction is for `Perform(input map[string]interface{})`.
func newMapFunction(function func(context.Context, map[string]any) (any, error)) *Function {
	return &Function{
		Input: anyObject,
		Decode: func(body []byte) (Call, error) {
			input := map[string]any{}
			if !isEmpty(body) {
				if err := json.Unmarshal(body, &input); err != nil {
					return nil, presentBody(err)
				}
				if input == nil {
					input = map[string]any{}
				}
			}
			return func(ctx context.Context) (any, error) { return function(ctx, input) }, nil
		},
	}
}

// newPositionalFunction is for the older `Perform(args []interface{}, kwargs map[string]interface{})`.
func newPositionalFunction(to *target) *Function {
	return &Function{
		Input: map[string]any{},
		Decode: func(body []byte) (Call, error) {
			var value any
			if !isEmpty(body) {
				if err := json.Unmarshal(body, &value); err != nil {
					return nil, presentBody(err)
				}
			}
			list, object, err := takeApart(value)
			if err != nil {
				return nil, err
			}
			return func(ctx context.Context) (any, error) {
				return to.call(ctx, reflect.ValueOf(list), reflect.ValueOf(object))
			}, nil
		},
	}
}

func takeApart(value any) ([]any, map[string]any, error) {
	switch body := value.(type) {
	case nil:
		return []any{}, map[string]any{}, nil
	case []any:
		return body, map[string]any{}, nil
	case map[string]any:
		list, hasList := body["args"].([]any)
		object, hasObject := body["kwargs"].(map[string]any)
		if hasList && hasObject && len(body) == 2 {
			return list, object, nil
		}
		return []any{}, body, nil
	}
	return nil, nil, &BodyError{fmt.Sprintf("a JSON object or array is expected, not %s", describeValue(value))}
}

// isEmpty says whether a body says nothing, which is the same as an object without members.
func isEmpty(body []byte) bool {
	return len(body) == 0 || len(bytes.TrimSpace(body)) == 0
}

func presentBody(err error) error {
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) {
		return &BodyError{"a JSON object of named arguments is expected, not " + article(mismatch.Value)}
	}
	return &BodyError{"malformed JSON: " + err.Error()}
}
