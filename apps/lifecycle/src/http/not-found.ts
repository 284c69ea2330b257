import type { FastifyInstance } from 'fastify';
import { PlatformError } from '@racetrack-platform/errors';

/**
 * Answers requests that no route takes: 405 with `Allow` when the path has routes for other methods, else 404.
 * To be called before the routes are registered, for it takes note of them.
 */
export function addNotFoundHandler(app: FastifyInstance): void {
  const routes: { methods: readonly string[]; pattern: readonly string[] }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    routes.push({ methods: [method].flat(), pattern: splitPath(url) });
  });

  app.setNotFoundHandler(async (request, reply) => {
    const path = splitPath(request.url.split('?', 1)[0] ?? '');
    const allowed = routes
      .filter(({ pattern }) => matches(pattern, path))
      .flatMap(({ methods }) => methods)
      .filter((method) => method !== 'OPTIONS');
    // A route for this very method has been asked, and has nothing there.
    if (allowed.length === 0 || allowed.includes(request.method)) {
      throw new PlatformError('ROUTE_NOT_FOUND', 'Not Found', {
        hint: 'See the API page at /lifecycle/ for the paths that exist.',
      });
    }
    const allow = [...new Set(allowed)].sort().join(', ');
    reply.header('allow', allow);
    throw new PlatformError('METHOD_NOT_ALLOWED', 'Method Not Allowed', {
      hint: `This path takes ${allow}.`,
    });
  });
}

function splitPath(url: string): string[] {
  return url.split('/').filter((part) => part !== '');
}

/** `:name` stands for one part, `*` for all that follow. */
function matches(pattern: readonly string[], path: readonly string[]): boolean {
  const hasTail = pattern.at(-1) === '*';
  const fixed = hasTail ? pattern.slice(0, -1) : pattern;
  if (hasTail ? path.length < fixed.length : path.length !== fixed.length) return false;
  return fixed.every((part, index) => part.startsWith(':') || part === path[index]);
}
