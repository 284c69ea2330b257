import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { pino } from 'pino';
import {
  createJobRepository,
  createPermissionRepository,
  createSubjectRepository,
} from '@racetrack-platform/db';
import { waitUntil } from '@racetrack-platform/testing';
import { withDeps } from '../http/create-app.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { openTestApp, type TestApp } from '../testing/open-test-app.ts';
import { attachEventSocket } from './attach-event-socket.ts';
import { eventRoutes } from './event-routes.ts';
import { createEventStreams, type EventStreams } from './event-stream.ts';
import { JobChanges } from './job-changes.ts';

const MAX_STREAMS = 12;
const MAX_STREAMS_OF_SUBJECT = 10;

describe('events', () => {
  let site: TestApp;
  let streams: EventStreams | undefined;
  let port = 0;
  let reader = '';
  let familyId = '';

  /** Stores a job, or changes its status, as deployments and the monitor do. */
  async function change(id: string, status: 'running' | 'error'): Promise<void> {
    await site.access.store.transaction(async (trx) => {
      const jobs = createJobRepository(trx.db);
      if (await jobs.findById(id)) await jobs.update(id, { status });
      else {
        await jobs.insert({
          id,
          family_id: familyId,
          name: 'adder',
          version: id,
          status,
          created_at: 1,
          updated_at: 1,
          manifest_yaml: '',
          deployed_by: null,
          infrastructure_target: 'process',
          job_type_version: 'toy:1.0.0',
          deployment_id: 'd',
          error: null,
          notice: null,
          last_call_at: null,
        });
      }
      trx.feedChanged('job', id);
    });
  }

  /** Follows the stream of events; `text` grows as they come. */
  async function follow(token: string): Promise<{ status: number; text: () => string; stop: () => void }> {
    const abort = new AbortController();
    const answer = await fetch(`http://127.0.0.1:${port}/lifecycle/api/v1/events`, {
      headers: { 'x-racetrack-auth': token },
      signal: abort.signal,
    });
    let text = '';
    void (async () => {
      for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString();
      text += '(end)';
    })().catch(() => {});
    return { status: answer.status, text: () => text, stop: () => abort.abort() };
  }

  const request = async (method: string, token: string) =>
    await fetch(`http://127.0.0.1:${port}/lifecycle/api/v1/events`, {
      method,
      headers: { 'x-racetrack-auth': token },
    });

  const openSocket = (headers: Record<string, string>) =>
    new WebSocket(`ws://127.0.0.1:${port}/lifecycle/websocket/events`, { headers });

  const statusOf = async (headers: Record<string, string>): Promise<number> =>
    await new Promise((resolve, reject) => {
      const socket = openSocket(headers);
      socket.once('open', () => {
        socket.once('close', () => resolve(101));
        socket.close();
      });
      socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
      socket.once('error', reject);
    });

  /** Answers false when there was no place. */
  const openWhenFree = async (token: string): Promise<WebSocket | false> =>
    await new Promise((resolve, reject) => {
      const socket = openSocket({ 'x-racetrack-auth': token });
      socket.once('open', () => resolve(socket));
      socket.once('unexpected-response', () => resolve(false));
      socket.once('error', reject);
    });

  beforeAll(async () => {
    site = await openTestApp(({ store, authenticator }) => {
      const logger = pino({ level: 'silent' });
      const changes = new JobChanges({ store, logger });
      const metrics = createMetrics({ defaults: false });
      streams = createEventStreams({ authenticator, changes, metrics, maxStreams: MAX_STREAMS });
      return { routes: [withDeps(eventRoutes, { streams })] };
    });
    if (streams !== undefined)
      attachEventSocket(site.app.server, { streams, logger: pino({ level: 'silent' }) });
    reader = await site.access.addUser('reader', ['read_job']);
    const { result } = await site.access.store.transaction(
      async (trx) => await createSubjectRepository(trx.db).ensureOfFamily('adder'),
    );
    familyId = result.familyId;
    await site.app.listen({ port: 0, host: '127.0.0.1' });
    port = (site.app.server.address() as AddressInfo).port;
  });
  afterAll(async () => await site[Symbol.asyncDispose]());

  test('tell which job changed, until the token ends', async () => {
    const token = await site.access.addUser('brief', ['read_job']);
    const stream = await follow(token);
    await change('1.0.0', 'running');
    await waitUntil('the change', () => stream.text().includes('job_changed'));
    expect(stream.text()).toContain(
      'data: {"id":"1.0.0","name":"adder","version":"1.0.0","status":"running"}\n\n',
    );

    const { tokenId } = await site.access.authenticator.authenticateToken(token);
    await site.access.store.transaction(async (trx) => await site.access.tokens.revokeToken(trx, tokenId));
    await change('1.0.0', 'error');
    await waitUntil('the end of the stream', () => stream.text().endsWith('(end)'));
    expect(stream.text()).not.toContain('"error"');
  });

  test('come only about jobs that one may read, and to nobody without a token', async () => {
    const stranger = await site.access.addUser('stranger', ['call_job']);
    expect((await follow(stranger)).status).toBe(401);
    expect((await follow('')).status).toBe(401);

    const part = await site.access.addUser('part');
    const subjectId = await site.access.subjectIdOf('part');
    await createPermissionRepository(site.access.store.db).grant(
      { subjectId, scope: 'read_job', jobId: '1.0.0' },
      1,
    );
    const stream = await follow(part);
    await change('2.0.0', 'running');
    await change('1.0.0', 'running');
    await waitUntil('the change that may be seen', () => stream.text().includes('"1.0.0"'));
    expect(stream.text()).not.toContain('2.0.0');
    stream.stop();
  });

  test('reach dashboards of Racetrack 2.36 over WebSocket, with a token or a cookie of their own origin', async () => {
    const cookie = `X-Racetrack-Auth=${encodeURIComponent(reader)}`;
    expect(await statusOf({})).toBe(401);
    expect(await statusOf({ cookie, origin: 'http://evil.example' })).toBe(401);
    expect(await statusOf({ cookie, origin: `http://127.0.0.1:${port}` })).toBe(101);

    const socket = openSocket({ 'x-racetrack-auth': reader });
    const messages: string[] = [];
    socket.on('message', (data: Buffer) => messages.push(data.toString()));
    await new Promise((resolve) => socket.once('open', resolve));
    await change('1.0.0', 'error');
    await waitUntil('the message', () => messages.length > 0);
    expect(messages).toEqual(['{"event":"job_models_changed"}']);
    socket.close();
    await new Promise((resolve) => socket.once('close', resolve));
  });

  test('are not opened by asking for the head alone', async () => {
    for (let count = 0; count <= MAX_STREAMS; count++) {
      const answer = await request('HEAD', reader);
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET']);
    }
    const stream = await follow(reader);
    expect(stream.status).toBe(200);
    stream.stop();
  });

  test('are for so many at a time, of one subject and of all, and end when the server stops', async () => {
    // The server hears a moment later of a client that went.
    const followWhenFree = async (token: string) =>
      await waitUntil('a place', async () => {
        const stream = await follow(token);
        return stream.status === 200 && stream;
      });
    const socket = await waitUntil('a place', async () => await openWhenFree(reader));
    const own: Awaited<ReturnType<typeof follow>>[] = [];
    while (own.length < MAX_STREAMS_OF_SUBJECT - 1) own.push(await followWhenFree(reader));
    const refused = await request('GET', reader);
    expect([refused.status, await refused.json()]).toEqual([
      503,
      expect.objectContaining({
        code: 'SERVER_BUSY',
        error: 'User reader has 10 event streams open already',
        hint: expect.stringContaining('Close one'),
      }),
    ]);
    expect(await statusOf({ 'x-racetrack-auth': reader })).toBe(503);

    const other = await site.access.addUser('other', ['read_job']);
    const others = [await followWhenFree(other), await followWhenFree(other)];
    expect((await follow(other)).status).toBe(503);
    socket.close();
    own.push(await followWhenFree(reader));
    await site.app.close();
    await waitUntil('the end of the streams', () =>
      [...own, ...others].every((stream) => stream.text().endsWith('(end)')),
    );
  });
});
