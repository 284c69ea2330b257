import { PassThrough } from 'node:stream';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { EventStreams } from './event-stream.ts';
import { findRequestToken } from './find-request-token.ts';

export interface EventRoutesDeps {
  readonly streams: EventStreams;
  /** @defaultValue 15,000 */
  readonly heartbeatMs?: number;
}

/** Proxies close connections on which nothing comes. */
const HEARTBEAT_MS = 15_000;
/** A client that reads so slowly is let go; it asks again and gets a fresh list. */
const MAX_UNREAD_BYTES = 1_048_576;

/** Changes of jobs as Server-Sent Events: ours. */
export const eventRoutes: FastifyPluginAsyncZod<EventRoutesDeps> = async (app, deps) => {
  const { streams, heartbeatMs = HEARTBEAT_MS } = deps;
  app.addHook('preClose', async () => streams.close());

  app.get(
    '/api/v1/events',
    {
      // A stream without a body would stay open, and nobody could tell.
      exposeHeadRoute: false,
      schema: {
        tags: ['jobs'],
        summary: 'Follow changes of the jobs that you may read, as Server-Sent Events',
        description:
          'Events of the type `job_changed` with id, name, version and status of a job (null: deleted); a comment every 15 s.',
      },
    },
    async (request, reply) => {
      const body = new PassThrough();
      // A client that went away is no failure of ours.
      body.on('error', () => {});
      const write = (text: string): void => {
        if (body.writableEnded || body.destroyed) return;
        if (body.writableLength > MAX_UNREAD_BYTES) body.destroy();
        else body.write(text);
      };
      const leave = await streams.open(findRequestToken(request.headers), {
        send: (changes) =>
          write(changes.map((change) => `event: job_changed\ndata: ${JSON.stringify(change)}\n\n`).join('')),
        end: () => body.end(),
      });
      const heartbeat = setInterval(() => write(': still here\n\n'), heartbeatMs);
      body.once('close', () => {
        clearInterval(heartbeat);
        leave();
      });
      // Of the request, not of its connection, which may carry several.
      request.raw.once('close', () => body.destroy());
      if (request.raw.destroyed) body.destroy();
      write(': connected\n\n');
      return await reply
        .type('text/event-stream; charset=utf-8')
        .header('x-accel-buffering', 'no')
        .send(body);
    },
  );
};
