package wrapper

import (
	"html"
	"net/http"
	"os"
	"path/filepath"
	"sync"
)

// assets are what the page loads, with their types.
var assets = map[string]string{
	"swagger-ui.css":       "text/css; charset=utf-8",
	"swagger-ui-bundle.js": "text/javascript; charset=utf-8",
}

// Every address in the page is relative, so that it works below any prefix.
const pageHead = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Job - `

const pageBody = `</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script>
SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  validatorUrl: null,
});
</script>
<noscript>The description of this job is in <a href="openapi.json">openapi.json</a>.</noscript>
</body>
</html>
`

// docsPage is the Swagger page, from files beside the job: it needs no network.
type docsPage struct {
	html  []byte
	dir   string
	mutex sync.Mutex
	files map[string][]byte
}

func newDocsPage(jobName, dir string) *docsPage {
	return &docsPage{html: []byte(pageHead + html.EscapeString(jobName) + pageBody), dir: dir, files: map[string][]byte{}}
}

func (d *docsPage) page(w http.ResponseWriter) int {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(d.html)
	return http.StatusOK
}

// asset answers 0 when there is no such file.
func (d *docsPage) asset(w http.ResponseWriter, name string) int {
	kind, found := assets[name]
	if !found {
		return 0
	}
	content, err := d.read(name)
	if err != nil {
		return 0
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "public, max-age=86400")
	_, _ = w.Write(content)
	return http.StatusOK
}

func (d *docsPage) read(name string) ([]byte, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if content, found := d.files[name]; found {
		return content, nil
	}
	content, err := os.ReadFile(filepath.Join(d.dir, name))
	if err == nil {
		d.files[name] = content
	}
	return content, err
}
