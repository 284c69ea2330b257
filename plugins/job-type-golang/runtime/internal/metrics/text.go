package metrics

import (
	"math"
	"strconv"
	"strings"
)

const (
	counter = "counter"
	gauge   = "gauge"
)

type label struct{ name, value string }

var (
	helpEscaper  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	labelEscaper = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

func appendOne(text []byte, name, kind, help string, value float64) []byte {
	return appendSample(appendHead(text, name, kind, help), name, nil, value)
}

func appendHead(text []byte, name, kind, help string) []byte {
	text = append(text, "# HELP "+name+" "+helpEscaper.Replace(help)+"\n"...)
	return append(text, "# TYPE "+name+" "+kind+"\n"...)
}

func appendSample(text []byte, name string, labels []label, value float64) []byte {
	text = append(text, name...)
	for index, each := range labels {
		separator := byte(',')
		if index == 0 {
			separator = '{'
		}
		text = append(text, separator)
		text = append(text, each.name+`="`+labelEscaper.Replace(each.value)+`"`...)
	}
	if len(labels) > 0 {
		text = append(text, '}')
	}
	text = append(text, ' ')
	text = append(text, number(value)...)
	return append(text, '\n')
}

func number(value float64) string {
	switch {
	case math.IsInf(value, 1):
		return "+Inf"
	case math.IsInf(value, -1):
		return "-Inf"
	}
	return strconv.FormatFloat(value, 'g', -1, 64)
}
