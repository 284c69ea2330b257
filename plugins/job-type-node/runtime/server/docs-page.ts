import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Media types of what the page loads, by file name. */
const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
};

/** The Swagger page. Every address in it is relative, so it works below any prefix. */
export function renderDocsPage(jobName: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(`Job - ${jobName}`)}</title>
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
`;
}

/** A file of the page; `undefined` when there is no such file. */
export function readDocsAsset(
  swaggerDir: string,
  name: string,
): { readonly mediaType: string; readonly content: Buffer } | undefined {
  const mediaType = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined;
  if (mediaType === undefined) return undefined;
  try {
    return { mediaType, content: readFileSync(join(swaggerDir, name)) };
  } catch {
    return undefined;
  }
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
