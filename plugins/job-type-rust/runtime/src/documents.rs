//! The Swagger page and the OpenAPI document.

use std::collections::HashMap;
use std::path::Path;

use bytes::Bytes;
use serde_json::{json, Value};

use crate::answers::{self, Answer};
use crate::lifecycle::Initialised;
use crate::settings::Settings;

/// File name and media type of what the page loads.
const ASSETS: [(&str, &str); 2] = [
    ("swagger-ui.css", "text/css; charset=utf-8"),
    ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
];

const PROBES: [(&str, &str); 4] = [
    ("/live", "Whether the process is alive"),
    ("/ready", "Whether the job takes calls"),
    ("/health", "What the job knows about itself"),
    ("/metrics", "Metrics in the Prometheus text format"),
];

/// The page; every address in it is relative, so that it works below any prefix.
pub struct DocsPage {
    page: Bytes,
    assets: HashMap<&'static str, (&'static str, Bytes)>,
}

impl DocsPage {
    /// Reads the files of the page; one that is missing is answered with 404.
    pub fn read(settings: &Settings, swagger_dir: &Path) -> Self {
        let assets = ASSETS.into_iter().filter_map(|(name, media_type)| {
            let content = std::fs::read(swagger_dir.join(name)).ok()?;
            Some((name, (media_type, Bytes::from(content))))
        });
        Self { page: Bytes::from(compose_page(&settings.job_name)), assets: assets.collect() }
    }

    pub fn page(&self) -> Answer {
        answers::content(answers::HTML, self.page.clone())
    }

    pub fn asset(&self, name: &str) -> Option<Answer> {
        let (media_type, content) = self.assets.get(name)?;
        Some(answers::file(media_type, content.clone()))
    }
}

fn compose_page(job_name: &str) -> String {
    let title = escape_html(&format!("Job - {job_name}"));
    format!(
        r##"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script>
SwaggerUIBundle({{
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  validatorUrl: null,
}});
</script>
<noscript>The description of this job is in <a href="openapi.json">openapi.json</a>.</noscript>
</body>
</html>
"##
    )
}

fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The OpenAPI document of a job as it is reached under a prefix.
///
/// `documentation` is Markdown; as long as the job is not `ready`, its calls are left out.
pub fn describe_job(
    settings: &Settings,
    documentation: &str,
    ready: Option<&Initialised>,
    base: &str,
) -> Value {
    let mut paths = serde_json::Map::new();
    for (path, text) in PROBES {
        paths.insert(path.to_owned(), json!({ "get": describe_get("root", text, &path[1..]) }));
    }
    if let Some(ready) = ready {
        paths.insert("/api/v1/perform".to_owned(), json!({ "post": describe_perform(documentation, ready) }));
        let parameters = describe_get("API", "List the parameters of the main action", "parameters");
        paths.insert("/api/v1/parameters".to_owned(), json!({ "get": parameters }));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": format!("Job - {}", settings.job_name),
            "description": if documentation.is_empty() { "A job served by Racetrack" } else { documentation },
            "version": settings.job_version,
        },
        "servers": [
            { "url": base, "description": "proxy prefixed path" },
            { "url": "/", "description": "root base path" },
        ],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "racetrackAuth": { "type": "apiKey", "in": "header", "name": "X-Racetrack-Auth" },
            },
        },
        "security": [{ "racetrackAuth": [] }],
        "tags": [
            { "name": "API", "description": "Operations of the job" },
            { "name": "root", "description": "State of the job" },
        ],
    })
}

fn describe_perform(documentation: &str, ready: &Initialised) -> Value {
    let action = "Call main action";
    let description = if documentation.is_empty() { action } else { documentation };
    let mut schema = json!({ "type": "object", "title": "Payload", "default": ready.example });
    for (key, value) in &ready.input.schema {
        schema[key] = value.clone();
    }
    json!({
        "tags": ["API"],
        "summary": documentation.lines().next().unwrap_or(action),
        "description": description,
        "operationId": "perform",
        "requestBody": { "required": true, "content": { "application/json": { "schema": schema } } },
        "responses": {
            "200": { "description": "OK", "content": { "application/json": { "schema": {} } } },
            "400": describe_error("The input was refused"),
            "422": describe_error("The body is not a JSON object"),
            "500": describe_error("The job failed"),
        },
    })
}

fn describe_error(text: &str) -> Value {
    let fields = json!({ "error": { "type": "string" }, "type": { "type": "string" }, "detail": {} });
    let schema = json!({ "type": "object", "properties": fields, "required": ["error"] });
    json!({ "description": text, "content": { "application/json": { "schema": schema } } })
}

fn describe_get(tag: &str, text: &str, operation: &str) -> Value {
    json!({
        "tags": [tag],
        "summary": text,
        "operationId": operation,
        "responses": { "200": { "description": "OK" } },
    })
}
