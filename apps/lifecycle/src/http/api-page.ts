import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import staticFiles from '@fastify/static';
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, type FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { AUTH_HEADER, LIFECYCLE_PREFIX, PRODUCT_VERSION } from '@racetrack-platform/contracts';

/** What the rest of a path is called in the document, which knows no `*`. */
const WILDCARD = 'endpoint';

/** The document has a name for every part of a path. */
function nameWildcard({ schema, url }: ReturnType<typeof jsonSchemaTransform>) {
  if (!url.endsWith('/*')) return { schema, url };
  const params = schema['params'] as { properties?: object; required?: string[] } | undefined;
  const named = {
    type: 'object',
    properties: { ...params?.properties, [WILDCARD]: { type: 'string' } },
    required: [...(params?.required ?? []), WILDCARD],
  };
  return { schema: { ...schema, params: named }, url: `${url.slice(0, -1)}:${WILDCARD}` };
}

/** Collects the routes that are registered after it for the OpenAPI document. */
export async function addOpenApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Racetrack lifecycle',
        version: PRODUCT_VERSION,
        description: 'Jobs, deployments and accounts. Everything answers under `/` and under `/lifecycle/`.',
      },
      components: { securitySchemes: { racetrackAuth: { type: 'apiKey', in: 'header', name: AUTH_HEADER } } },
      security: [{ racetrackAuth: [] }],
    },
    transform: (route) => nameWildcard(jsonSchemaTransform(route)),
  });
}

/** The files of the page that are served, out of the many in the package. */
const ASSETS = new Set(['/swagger-ui.css', '/swagger-ui-bundle.js', '/favicon-32x32.png']);

/** Everything comes from this server; the page itself writes styles. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** All paths are relative, so that the page works at `/` and at `/lifecycle/`. */
const PAGE = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Racetrack lifecycle API</title>
  <link rel="icon" href="swagger-ui/favicon-32x32.png">
  <link rel="stylesheet" href="swagger-ui/swagger-ui.css">
</head>
<body>
  <div id="swagger-ui">The description of this API as data: <a href="openapi.json">openapi.json</a></div>
  <script src="swagger-ui/swagger-ui-bundle.js"></script>
  <script src="swagger-ui/start.js"></script>
</body>
</html>
`;

const START_SCRIPT = `window.ui = SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
});
`;

/** The interactive page at `/` with its files, and `/openapi.json`. */
export const apiPage: FastifyPluginAsyncZod = async (app) => {
  const schema = { hide: true };
  await app.register(staticFiles, {
    root: dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json'))),
    prefix: '/swagger-ui/',
    index: false,
    decorateReply: false,
    allowedPath: (path) => ASSETS.has(path),
    cacheControl: false,
    setHeaders: (reply) => void reply.header('cache-control', 'public, max-age=3600'),
  });

  app.get('/swagger-ui/start.js', { schema }, async (_request, reply) => {
    return await reply.type('text/javascript; charset=utf-8').send(START_SCRIPT);
  });

  app.get('/', { schema }, async (_request, reply) => {
    reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
    return await reply.type('text/html; charset=utf-8').send(PAGE);
  });

  app.get('/openapi.json', { schema }, async (request) => {
    const url = request.originalUrl.startsWith(`${LIFECYCLE_PREFIX}/`) ? LIFECYCLE_PREFIX : '/';
    return { ...app.swagger(), servers: [{ url }] };
  });
};
