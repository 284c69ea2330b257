import type { FastifyInstance } from 'fastify';
import { TRACING_HEADER } from '@racetrack-platform/contracts';

/** Seconds that browsers may remember a preflight, as in Racetrack 2.36. */
const MAX_AGE_SECONDS = 600;

/**
 * Lets pages of any origin use the API, with a token that they send themselves.
 *
 * Racetrack 2.36 also allows credentials. We do not: lifecycle ignores cookies, so no client needs it, and without it
 * no foreign page can use what a browser keeps for this host.
 */
export function addCors(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('access-control-allow-origin', '*');
    reply.header('access-control-expose-headers', TRACING_HEADER);
    const method = request.headers['access-control-request-method'];
    if (request.method !== 'OPTIONS' || method === undefined) return;
    const headers = request.headers['access-control-request-headers'];
    reply.header('access-control-allow-methods', 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT');
    if (headers !== undefined) reply.header('access-control-allow-headers', headers);
    reply.header('access-control-max-age', String(MAX_AGE_SECONDS));
    reply.header('vary', 'access-control-request-headers');
    await reply.type('text/plain; charset=utf-8').send('OK');
  });
}
