package functions

import (
	"reflect"
	"time"
)

// maxDescribed is of the parts of a schema: a few lines of types that name each other stand for more than any machine
// holds. What goes beyond it is {}, which takes everything.
const maxDescribed = 5000

var timeType = reflect.TypeFor[time.Time]()

// schemas makes JSON schemas of Go types.
type schemas struct {
	shapes shapes
	// within are the structs that are being described: a type that holds itself is described once.
	within    map[reflect.Type]bool
	described int
}

func newSchemas() *schemas {
	return &schemas{shapes: newShapes(), within: map[reflect.Type]bool{}}
}

func (s *schemas) of(source reflect.Type) map[string]any {
	if source == timeType {
		return map[string]any{"type": "string", "format": "date-time"}
	}
	return s.describe(s.shapes.of(source))
}

func (s *schemas) describe(shape *shape) map[string]any {
	s.described++
	if s.described > maxDescribed {
		return map[string]any{}
	}
	switch shape.kind {
	case kindBool:
		return map[string]any{"type": "boolean"}
	case kindInteger:
		return map[string]any{"type": "integer"}
	case kindNumber:
		return map[string]any{"type": "number"}
	case kindString:
		return map[string]any{"type": "string"}
	case kindList:
		return map[string]any{"type": "array", "items": s.of(shape.element.source)}
	case kindMap:
		return map[string]any{"type": "object", "additionalProperties": s.of(shape.element.source)}
	case kindPointer:
		return s.of(shape.element.source)
	case kindStruct:
		return s.describeStruct(shape)
	}
	return map[string]any{}
}

func (s *schemas) describeStruct(shape *shape) map[string]any {
	described := map[string]any{"type": "object"}
	if name := shape.source.Name(); name != "" {
		described["title"] = name
	}
	if s.within[shape.source] {
		return described
	}
	s.within[shape.source] = true
	defer delete(s.within, shape.source)
	properties := map[string]any{}
	var required []string
	for _, field := range shape.fields {
		property := s.describe(field.shape)
		if field.shape.source == timeType {
			property = s.of(timeType)
		}
		if field.doc != "" {
			property["description"] = field.doc
		}
		properties[field.name] = property
		if field.required {
			required = append(required, field.name)
		}
	}
	described["properties"] = properties
	described["additionalProperties"] = false
	if len(required) > 0 {
		described["required"] = required
	}
	return described
}
