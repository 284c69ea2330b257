package functions

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
)

type kind int

const (
	// kindAny is what cannot be checked from outside: interfaces, and types that read JSON themselves.
	kindAny kind = iota
	kindBool
	kindInteger
	kindNumber
	kindString
	kindList
	kindMap
	kindStruct
	kindPointer
)

// shape is what a Go type looks like in JSON.
type shape struct {
	kind kind
	// source is the Go type.
	source reflect.Type
	// element of lists, maps and pointers.
	element *shape
	fields  []*structField
	// isQuoted is a value that stands in a JSON string.
	isQuoted bool
}

// structField is a member of a struct, by its name in JSON.
type structField struct {
	name     string
	doc      string
	required bool
	shape    *shape
}

var (
	jsonReader = reflect.TypeFor[json.Unmarshaler]()
	textReader = reflect.TypeFor[encoding.TextUnmarshaler]()
	byteType   = reflect.TypeFor[byte]()
	numberType = reflect.TypeFor[json.Number]()
)

// shapes remembers the types that were seen, since they may refer to themselves.
type shapes map[reflect.Type]*shape

func newShapes() shapes { return shapes{} }

func (s shapes) of(source reflect.Type) *shape {
	if known, found := s[source]; found {
		return known
	}
	made := &shape{kind: kindOf(source), source: source}
	s[source] = made
	switch made.kind {
	case kindList, kindMap, kindPointer:
		made.element = s.of(source.Elem())
	case kindStruct:
		made.fields = s.fieldsOf(source, map[reflect.Type]bool{})
	}
	return made
}

func kindOf(source reflect.Type) kind {
	pointer := reflect.PointerTo(source)
	switch {
	case source.Kind() == reflect.Pointer:
		return kindPointer
	case source == numberType, source.Implements(jsonReader), pointer.Implements(jsonReader):
		return kindAny
	case source.Implements(textReader), pointer.Implements(textReader):
		return kindString
	}
	switch source.Kind() {
	case reflect.Bool:
		return kindBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return kindInteger
	case reflect.Float32, reflect.Float64:
		return kindNumber
	case reflect.String:
		return kindString
	case reflect.Slice:
		if source.Elem() == byteType {
			return kindString
		}
		return kindList
	case reflect.Array:
		return kindList
	case reflect.Map:
		return kindMap
	case reflect.Struct:
		return kindStruct
	}
	return kindAny
}

// fieldsOf follows the rules of encoding/json: names from tags, members of embedded structs as one's own.
// What was seen before among the embedded structs has nothing new to say.
func (s shapes) fieldsOf(source reflect.Type, seen map[reflect.Type]bool) []*structField {
	if seen[source] {
		return nil
	}
	seen[source] = true
	var fields []*structField
	known := map[string]bool{}
	add := func(field *structField) {
		if !known[field.name] {
			known[field.name] = true
			fields = append(fields, field)
		}
	}
	var embedded []reflect.Type
	for index := 0; index < source.NumField(); index++ {
		field := source.Field(index)
		tag, hasTag := field.Tag.Lookup("json")
		name, options, _ := strings.Cut(tag, ",")
		if hasTag && tag == "-" {
			continue
		}
		if inner := embeddedStruct(field); inner != nil && name == "" {
			embedded = append(embedded, inner)
			continue
		}
		if !field.IsExported() {
			continue
		}
		if name == "" {
			name = field.Name
		}
		add(s.newField(name, options, field))
	}
	for _, inner := range embedded {
		for _, field := range s.fieldsOf(inner, seen) {
			add(field)
		}
	}
	return fields
}

func (s shapes) newField(name, options string, field reflect.StructField) *structField {
	made := &structField{name: name, doc: field.Tag.Get("doc"), shape: s.of(field.Type)}
	has := func(option string) bool { return strings.Contains(","+options+",", ","+option+",") }
	if has("string") {
		made.shape = &shape{kind: kindAny, source: field.Type, isQuoted: true}
	}
	made.required = !has("omitempty") && !has("omitzero") && field.Type.Kind() != reflect.Pointer
	return made
}

func embeddedStruct(field reflect.StructField) reflect.Type {
	if !field.Anonymous {
		return nil
	}
	inner := field.Type
	if inner.Kind() == reflect.Pointer {
		inner = inner.Elem()
	}
	if inner.Kind() != reflect.Struct || kindOf(inner) != kindStruct {
		return nil
	}
	return inner
}

func (s *shape) parameters() []Parameter {
	var required, optional []Parameter
	for _, field := range s.fields {
		parameter := Parameter{Name: field.name, Type: typeName(field.shape.source), Required: field.required}
		if field.required {
			required = append(required, parameter)
		} else {
			optional = append(optional, parameter)
		}
	}
	return append(required, optional...)
}

// typeName is the name of a type without its package, which means nothing to callers.
func typeName(source reflect.Type) string {
	switch {
	case source.Name() != "":
		return source.Name()
	case source.Kind() == reflect.Pointer:
		return typeName(source.Elem())
	case source.Kind() == reflect.Slice, source.Kind() == reflect.Array:
		return "[]" + typeName(source.Elem())
	case source.Kind() == reflect.Map:
		return "map[" + typeName(source.Key()) + "]" + typeName(source.Elem())
	case source.Kind() == reflect.Interface:
		return "any"
	}
	return source.Kind().String()
}
