package wrapper

import (
	"regexp"
	"strings"

	"racetrack/jobs/internal/functions"
)

type object = map[string]any

// describe is the OpenAPI document of the job; without its calls as long as it is not ready.
func (a *application) describe(ready *job, prefix string) object {
	if prefix == "" {
		prefix = "/pub/job/" + a.settings.JobName + "/" + a.settings.JobVersion
	}
	return object{
		"openapi": "3.1.0",
		"info": object{
			"title":       "Job - " + a.settings.JobName,
			"description": ready.describe(),
			"version":     a.settings.JobVersion,
		},
		"servers": []object{
			{"url": prefix, "description": "proxy prefixed path"},
			{"url": "/", "description": "root base path"},
		},
		"paths": describePaths(ready),
		"components": object{"securitySchemes": object{
			"racetrackAuth": object{"type": "apiKey", "in": "header", "name": "X-Racetrack-Auth"},
		}},
		"security": []object{{"racetrackAuth": []string{}}},
		"tags": []object{
			{"name": "API", "description": "Operations of the job"},
			{"name": "root", "description": "State of the job"},
		},
	}
}

// describe is the job's own documentation, as far as there is any.
func (j *job) describe() string {
	if j != nil && j.endpoints[performPath] != nil && j.endpoints[performPath].doc != "" {
		return j.endpoints[performPath].doc
	}
	return "A job served by Racetrack"
}

func describePaths(ready *job) object {
	paths := object{}
	for path, text := range map[string]string{
		"/live":    "Whether the process is alive",
		"/ready":   "Whether the job takes calls",
		"/health":  "What the job knows about itself",
		"/metrics": "Metrics in the Prometheus text format",
	} {
		paths[path] = object{"get": describeGet("root", text, path[1:])}
	}
	if ready == nil {
		return paths
	}
	for path, each := range ready.endpoints {
		paths[path] = object{"post": describeEndpoint(each)}
	}
	if ready.endpoints[performPath] != nil {
		paths[apiPrefix+"/parameters"] = object{"get": describeGet("API", "List the parameters of the main action", "parameters")}
	}
	for path := range ready.files {
		short := path[len(apiPrefix):]
		paths[path] = object{"get": describeGet("API", "Fetch static file: "+short, "static_endpoint_"+strings.ReplaceAll(short, "/", "_"))}
	}
	return paths
}

func describeGet(tag, text, operation string) object {
	return object{
		"tags": []string{tag}, "summary": text, "operationId": operation,
		"responses": object{"200": object{"description": "OK"}},
	}
}

func describeEndpoint(each *endpoint) object {
	short := each.path[len(apiPrefix):]
	action, operation := "Call auxiliary endpoint: "+short, "auxiliary_endpoint_"+strings.ReplaceAll(short, "/", "_")
	if each.path == performPath {
		action, operation = "Call main action", "perform"
	}
	summary, text := action, action
	if each.doc != "" {
		summary, text = summarise(each.doc), each.doc
	}
	input := object{"title": "Payload", "default": each.example}
	for name, value := range each.function.Input {
		input[name] = value
	}
	return object{
		"tags":        []string{"API"},
		"summary":     summary,
		"description": text,
		"operationId": operation,
		"requestBody": object{"required": true, "content": jsonContent(input)},
		"responses": object{
			"200": object{"description": "OK", "content": describeOutput(each.function.Output)},
			"400": describeError("The input was refused"),
			"422": describeError("The body is not a JSON object"),
			"500": describeError("The job failed"),
		},
	}
}

var (
	markup      = strings.NewReplacer("**", "", "`", "")
	sentenceEnd = regexp.MustCompile(`[.!?] `)
)

// summarise is the first sentence as plain text, which is how pages show a summary.
func summarise(doc string) string {
	paragraph, _, _ := strings.Cut(doc, "\n\n")
	line := strings.Join(strings.Fields(paragraph), " ")
	if end := sentenceEnd.FindStringIndex(line); end != nil {
		line = line[:end[0]+1]
	}
	return markup.Replace(strings.TrimLeft(line, "# "))
}

func describeOutput(schema object) object {
	if len(schema) > 0 {
		return jsonContent(schema)
	}
	// Of nothing known a page would make up an example of its own.
	return object{"application/json": object{"schema": object{}, "example": "any JSON value"}}
}

func describeError(text string) object {
	schema := object{
		"type":       "object",
		"properties": object{"error": object{"type": "string"}, "type": object{"type": "string"}, "detail": object{}, "request_id": object{"type": "string"}},
		"required":   []string{"error"},
	}
	return object{"description": text, "content": jsonContent(schema)}
}

func jsonContent(schema object) object {
	return object{"application/json": object{"schema": schema}}
}

// presentParameters lists required ones first; optional ones have a default, which Go does not tell.
func presentParameters(function *functions.Function) []object {
	list := []object{}
	for _, parameter := range function.Parameters {
		row := object{"name": parameter.Name, "type": parameter.Type}
		if !parameter.Required {
			row["default_value"] = nil
		}
		list = append(list, row)
	}
	return list
}
