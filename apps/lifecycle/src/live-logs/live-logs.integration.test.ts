import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { io, type Socket } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PlatformError } from '@racetrack-platform/errors';
import { openTestAccess, type TestAccess } from '../auth/open-test-access.ts';
import { createLogger } from '../telemetry/logger.ts';
import { attachLiveLogs, type LiveLogs, type LiveLogsDeps } from './attach-live-logs.ts';

describe('live logs', () => {
  let access: TestAccess;
  let reader: string;
  let stranger: string;
  let server: Server;
  let liveLogs: LiveLogs;
  const clients: Socket[] = [];
  const opened: { name: string; version: string; tail: number; signal: AbortSignal }[] = [];
  let sentCount = 0;

  beforeAll(async () => {
    access = await openTestAccess();
    reader = await access.addUser('reader', ['read_job']);
    stranger = await access.addUser('stranger');
  });
  afterAll(async () => await access.close());

  beforeEach(() => {
    opened.length = 0;
    sentCount = 0;
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.disconnect();
    await liveLogs.close();
    server.close();
    server.closeAllConnections();
  });

  async function* twoLines(): AsyncIterable<string> {
    yield 'first';
    yield 'second';
  }

  async function start(options: Partial<LiveLogsDeps> = {}): Promise<void> {
    server = createServer((_request, response) => response.end('not socket.io'));
    liveLogs = attachLiveLogs(server, {
      authenticator: access.authenticator,
      mode: 'compat',
      logger: createLogger({ level: 'silent', name: 'test' }),
      async resolveJob(name, version) {
        if (name !== 'adder') throw new PlatformError('JOB_NOT_FOUND', `No job named ${name}`);
        return { jobId: 'j-1', version: version === 'latest' ? '1.0.0' : version };
      },
      openLogs(name, version, tail, signal) {
        opened.push({ name, version, tail, signal });
        return twoLines();
      },
      ...options,
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  }

  interface Client {
    readonly socket: Socket;
    readonly lines: string[];
    readonly errors: { error: string; code: string; hint: string | null }[];
    readonly gone: Promise<string>;
  }

  function connect(options: Parameters<typeof io>[1] = {}, acknowledge = true): Client {
    const { port } = server.address() as AddressInfo;
    const socket = io(`http://127.0.0.1:${port}`, {
      path: '/lifecycle/socket.io',
      reconnection: false,
      ...options,
    });
    clients.push(socket);
    const client: Client = {
      socket,
      lines: [],
      errors: [],
      gone: new Promise((resolve) => socket.on('disconnect', resolve)),
    };
    socket.on('logs_nextline', ({ line }: { line: string }, answer?: (value: boolean) => void) => {
      client.lines.push(line);
      if (acknowledge) answer?.(true);
    });
    socket.on('logs_error', (error: Client['errors'][number]) => client.errors.push(error));
    return client;
  }

  async function subscribe({ socket }: Client, change: Record<string, unknown> = {}): Promise<unknown> {
    const properties = { job_name: 'adder', job_version: 'latest', tail: '20', ...change };
    return await socket.timeout(5_000).emitWithAck('subscribe_for_logs', { resource_properties: properties });
  }

  test.each(['polling', 'websocket'])('sends lines in order by %s, once subscribed', async (transport) => {
    await start();
    const client = connect({ transports: [transport], auth: { token: reader } });
    const id = await subscribe(client);

    expect(id).toBe(`${client.socket.id}_adder_1.0.0`);
    await client.gone;
    expect(client.lines).toEqual(['first', 'second']);
    expect(opened).toMatchObject([{ name: 'adder', version: '1.0.0', tail: 20 }]);
  });

  test('takes the token from the header', async () => {
    await start({ mode: 'strict' });
    const client = connect({ extraHeaders: { 'X-Racetrack-Auth': reader } });

    expect(await subscribe(client)).toMatch(/_adder_1\.0\.0$/);
  });

  test.each<[string, () => string, Record<string, unknown>, string, string]>([
    ['somebody without permission', () => stranger, {}, 'PERMISSION_DENIED', 'with scope "read_job"'],
    ['a token that is not ours', () => 'abc', {}, 'NOT_AUTHENTICATED', 'invalid JWT token'],
    ['a job that does not exist', () => reader, { job_name: 'nope' }, 'JOB_NOT_FOUND', 'No job named nope'],
    ['a malformed request', () => reader, { job_name: 7 }, 'REQUEST_INVALID', 'job_name'],
  ])('refuses %s with null, the reason, and an end', async (_title, token, change, code, text) => {
    await start();
    const client = connect({ auth: { token: token() } });

    expect(await subscribe(client, change)).toBeNull();
    expect(await client.gone).toBe('io server disconnect');
    expect(client.errors).toMatchObject([{ code, error: expect.stringContaining(text) }]);
    expect(client.lines[0]).toContain(text);
    expect(opened).toEqual([]);
  });

  test('compat admits a client without token from where the job was read lately', async () => {
    await start();
    liveLogs.noteJobRead('::1', 'adder', '1.0.0');

    expect(await subscribe(connect())).toMatch(/_adder_1\.0\.0$/);
    expect(await subscribe(connect(), { job_version: '2.0.0' })).toBeNull();
  });

  test('compat refuses strangers without token alike, whether the job exists or not', async () => {
    await start();
    const [known, unknown] = [connect(), connect()];

    expect(await subscribe(known)).toBeNull();
    expect(await subscribe(unknown, { job_name: 'nope' })).toBeNull();
    await Promise.all([known.gone, unknown.gone]);
    expect(known.errors).toEqual(unknown.errors);
    expect(known.errors).toMatchObject([{ code: 'NOT_AUTHENTICATED' }]);
  });

  test('strict refuses whoever sends no token', async () => {
    await start({ mode: 'strict' });
    liveLogs.noteJobRead('127.0.0.1', 'adder', '1.0.0');

    expect(await subscribe(connect())).toBeNull();
  });

  test('waits for acknowledgements, and lets go of a client that gives none', async () => {
    async function* endless(): AsyncIterable<string> {
      for (;;) yield `line ${(sentCount += 1)}`;
    }
    await start({ openLogs: () => endless(), limits: { ackTimeoutMs: 150 } });
    const client = connect({ auth: { token: reader } }, false);
    await subscribe(client);

    expect(await client.gone).toBe('io server disconnect');
    expect(sentCount).toBeLessThan(50);
  });

  test('stops reading when the client leaves, and gives the place free', async () => {
    const counts: number[] = [];
    async function* waiting(signal: AbortSignal): AsyncIterable<string> {
      yield 'first';
      await new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new Error('stopped'))),
      );
    }
    let stopped: AbortSignal | undefined;
    await start({
      openLogs: (_name, _version, _tail, signal) => waiting((stopped = signal)),
      onStreamCount: (count) => counts.push(count),
      limits: { streams: 1 },
    });
    const client = connect({ auth: { token: reader } });
    expect(await subscribe(client)).not.toBeNull();
    expect(await subscribe(connect({ auth: { token: reader } }))).toBeNull();
    client.socket.disconnect();

    await expect.poll(() => stopped?.aborted).toBe(true);
    expect(counts).toEqual([1, 0]);
    expect(await subscribe(connect({ auth: { token: reader } }))).not.toBeNull();
  });

  test('ends a stream whose permission was taken away', async () => {
    async function* waiting(signal: AbortSignal): AsyncIterable<string> {
      yield 'first';
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    }
    await start({
      openLogs: (_name, _version, _tail, signal) => waiting(signal),
      limits: { recheckMs: 50 },
    });
    const client = connect({ auth: { token: await access.addUser('leaver', ['read_job']) } });
    await subscribe(client);
    await access.setActive('leaver', false);

    expect(await client.gone).toBe('io server disconnect');
    expect(client.errors).toMatchObject([{ error: 'User leaver is not active' }]);
  });

  test('gives a second request the identifier of the first', async () => {
    await start({
      openLogs: async function* waiting() {
        await new Promise((resolve) => setTimeout(resolve, 200));
        yield 'late';
      },
    });
    const client = connect({ auth: { token: reader } });
    const id = await subscribe(client);

    expect(await subscribe(client, { job_version: '2.0.0' })).toBe(id);
  });

  test('lets go of connections that ask for nothing', async () => {
    await start({ limits: { idleTimeoutMs: 50 } });

    expect(await connect().gone).toBe('io server disconnect');
  });

  test('closes in a moment with clients waiting, and leaves closing the server to its owner', async () => {
    await start({
      openLogs: async function* silent(_name, _version, _tail, signal) {
        yield 'first';
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    });
    const client = connect({ transports: ['polling'], auth: { token: reader } });
    await subscribe(client);
    await expect.poll(() => client.lines).toEqual(['first']);
    await liveLogs.close();

    await client.gone;
    expect(server.listening).toBe(true);
    const refused = connect({ auth: { token: reader } });
    await new Promise((resolve) => refused.socket.on('connect_error', resolve));
    await new Promise((resolve) => server.close(resolve));
  });

  test('leaves all other paths to the server', async () => {
    await start();
    const { port } = server.address() as AddressInfo;

    expect(await (await fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`)).text()).toBe(
      'not socket.io',
    );
  });
});
