package functions

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sort"
)

// locate tells which value the types themselves have refused, such as a number that is too large or a time of another
// form; "" when it cannot be told. It is for inputs that have failed to decode, and takes its time.
func (s *shape) locate(value any, path string) string {
	if value == nil || s.isQuoted {
		return ""
	}
	switch s.kind {
	case kindPointer:
		return s.element.locate(value, path)
	case kindList:
		list, _ := value.([]any)
		for index, each := range list {
			if problem := s.element.locate(each, fmt.Sprintf("%s[%d]", path, index)); problem != "" {
				return problem
			}
		}
		return ""
	case kindMap, kindStruct:
		return s.locateMember(value, path)
	}
	return s.locateLeaf(value, path)
}

func (s *shape) locateMember(value any, path string) string {
	object, _ := value.(map[string]any)
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		member := s.element
		if s.kind == kindStruct {
			field := s.find(name)
			if field == nil {
				continue
			}
			member = field.shape
		}
		if problem := member.locate(object[name], join(path, name)); problem != "" {
			return problem
		}
	}
	return ""
}

func (s *shape) locateLeaf(value any, path string) string {
	encoded, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(encoded, reflect.New(s.source).Interface())
	}
	switch {
	case err == nil:
		return ""
	case s.source == timeType:
		return fmt.Sprintf("%s must be a time such as 2026-01-31T12:00:00Z, not %s", named(path), encoded)
	case s.kind == kindInteger, s.kind == kindNumber:
		return fmt.Sprintf("%s: the number %s does not fit %s", named(path), encoded, s.source.Kind())
	}
	return fmt.Sprintf("%s does not fit %s: %v", named(path), typeName(s.source), err)
}
