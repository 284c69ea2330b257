package functions

import (
	"fmt"
	"math"
	"sort"
	"strings"
)

// check compares a decoded value with a shape and tells the first thing that does not fit; "" when all does.
func (s *shape) check(value any, path string) string {
	if s.kind == kindPointer {
		if value == nil {
			return ""
		}
		return s.element.check(value, path)
	}
	switch s.kind {
	case kindAny:
		return ""
	case kindList:
		return s.checkList(value, path)
	case kindMap, kindStruct:
		return s.checkObject(value, path)
	}
	return s.checkScalar(value, path)
}

func (s *shape) checkScalar(value any, path string) string {
	fits := false
	switch s.kind {
	case kindBool:
		_, fits = value.(bool)
	case kindString:
		_, fits = value.(string)
	case kindNumber:
		_, fits = value.(float64)
	case kindInteger:
		number, isNumber := value.(float64)
		fits = isNumber && number == math.Trunc(number)
	}
	if fits {
		return ""
	}
	return fmt.Sprintf("%s must be %s, not %s", named(path), s.describe(), describeValue(value))
}

func (s *shape) checkList(value any, path string) string {
	list, isList := value.([]any)
	if !isList {
		return fmt.Sprintf("%s must be %s, not %s", named(path), s.describe(), describeValue(value))
	}
	for index, each := range list {
		if problem := s.element.check(each, fmt.Sprintf("%s[%d]", path, index)); problem != "" {
			return problem
		}
	}
	return ""
}

func (s *shape) checkObject(value any, path string) string {
	object, isObject := value.(map[string]any)
	if !isObject {
		return fmt.Sprintf("%s must be %s, not %s", named(path), s.describe(), describeValue(value))
	}
	if s.kind == kindMap {
		for name, each := range object {
			if problem := s.element.check(each, join(path, name)); problem != "" {
				return problem
			}
		}
		return ""
	}
	return s.checkFields(object, path)
}

func (s *shape) checkFields(object map[string]any, path string) string {
	seen := make(map[*structField]bool, len(s.fields))
	var unknown []string
	for name, each := range object {
		field := s.find(name)
		if field == nil {
			unknown = append(unknown, join(path, name))
			continue
		}
		seen[field] = true
		if each == nil && field.isNullable() {
			continue
		}
		if problem := field.shape.check(each, join(path, field.name)); problem != "" {
			return problem
		}
	}
	var missing []string
	for _, field := range s.fields {
		if field.required && !seen[field] {
			missing = append(missing, join(path, field.name))
		}
	}
	// Both at once: one that is missing is often one that is misspelt.
	var problems []string
	if len(missing) > 0 {
		problems = append(problems, "missing "+plural("argument", missing))
	}
	if len(unknown) > 0 {
		sort.Strings(unknown)
		problems = append(problems, "unknown "+plural("argument", unknown)+" (known: "+s.fieldNames()+")")
	}
	return strings.Join(problems, "; ")
}

// isNullable tells whether null says that a list or a map is left out, which is how Go writes empty ones.
func (f *structField) isNullable() bool {
	return !f.required && (f.shape.kind == kindList || f.shape.kind == kindMap)
}

func (s *shape) fieldNames() string {
	if len(s.fields) == 0 {
		return "none"
	}
	names := make([]string, len(s.fields))
	for index, field := range s.fields {
		names[index] = field.name
	}
	return strings.Join(names, ", ")
}

// find takes names as they are documented; encoding/json would take them in any case.
func (s *shape) find(name string) *structField {
	for _, field := range s.fields {
		if field.name == name {
			return field
		}
	}
	return nil
}

func (s *shape) describe() string {
	return map[kind]string{
		kindBool: "a boolean", kindInteger: "a whole number", kindNumber: "a number", kindString: "a string",
		kindList: "an array", kindMap: "an object", kindStruct: "an object",
	}[s.kind]
}

func describeValue(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a string"
	case []any:
		return "an array"
	case float64:
		if value != math.Trunc(value) {
			return "the number " + fmt.Sprint(value)
		}
		return "a number"
	}
	return "an object"
}

func article(name string) string {
	if strings.HasPrefix(name, "array") || strings.HasPrefix(name, "object") {
		return "an " + name
	}
	return "a " + name
}

func named(path string) string {
	if path == "" {
		return "the input"
	}
	return path
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func plural(noun string, names []string) string {
	if len(names) > 1 {
		noun += "s"
	}
	return noun + ": " + strings.Join(names, ", ")
}
