package main

import (
	"embed"
	"net/http"
)

//go:embed swaggerui
var pages embed.FS

// mountOpenAPI shows at base what the job can be asked. The page finds everything relative to itself.
func mountOpenAPI(mux *http.ServeMux, base string) {
	for path, file := range map[string]string{
		"/{$}":          "swaggerui/index.html",
		"/openapi.json": "swaggerui/openapi.json",
	} {
		mux.HandleFunc("GET "+base+path, func(response http.ResponseWriter, request *http.Request) {
			http.ServeFileFS(response, request, pages, file)
		})
	}
}
