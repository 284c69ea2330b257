import { Server, type Socket } from 'socket.io';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { API, createServedCli, JOB, type ServedCli } from '../testing/served-cli.ts';

let served: ServedCli;
let { cli, server, routes, logIn } = {} as ServedCli;
let sockets: Server;

beforeEach(async () => {
  served = await createServedCli();
  ({ cli, server, routes, logIn } = served);
  sockets = new Server(server.server, { path: '/lifecycle/socket.io' });
  routes[`GET ${API}/job/adder/latest`] = { body: JOB };
  await logIn();
});

afterEach(async () => {
  await sockets.close();
  await served[Symbol.asyncDispose]();
});

type Subscribe = (socket: Socket, tail: string, count: number) => string | null;

/** Answers subscriptions; `count` says how many came before. */
function onSubscribe(subscribe: Subscribe): void {
  let count = 0;
  sockets.on('connection', (socket) => {
    socket.on(
      'subscribe_for_logs',
      ({ resource_properties: job }, acknowledge: (id: string | null) => void) => {
        expect(job).toMatchObject({ job_name: 'adder', job_version: '0.0.2' });
        acknowledge(subscribe(socket, job.tail as string, count));
        count += 1;
      },
    );
  });
}

/** Follows until a text was printed, then presses Ctrl-C. */
async function followUntil(isEnough: () => boolean, ...argv: string[]) {
  const interruption = new AbortController();
  const running = cli.run(['logs', 'adder', '-f', ...argv], { signal: interruption.signal });
  await vi.waitFor(() => expect(isEnough()).toBe(true), { timeout: 10_000 });
  interruption.abort(new Error('Ctrl-C'));
  return await running;
}

test('prints lines as they come, keeps their indentation, acknowledges them and ends with 0', async () => {
  let acknowledged = 0;
  let auth: unknown;
  onSubscribe((socket, tail) => {
    auth = [socket.handshake.auth, socket.handshake.headers['x-racetrack-auth']];
    for (const line of [`tail ${tail}`, '  indented  ', 'last\n']) {
      socket.emit('logs_nextline', { line }, () => (acknowledged += 1));
    }
    return 'id';
  });

  const result = await followUntil(() => acknowledged === 3, '--tail', '7');

  expect(result).toMatchObject({ exitCode: 0, stdout: 'tail 7\n  indented  \nlast\n' });
  expect(auth).toEqual([{ token: 'tok' }, 'tok']);
});

test('prints one JSON object a line with --output json', async () => {
  let isDone = false;
  onSubscribe((socket) => {
    socket.emit('logs_nextline', { line: 'a "quoted" line' }, () => (isDone = true));
    return 'id';
  });

  const { stdout } = await followUntil(() => isDone, '--output', 'json');

  expect(stdout).toBe('{"line":"a \\"quoted\\" line"}\n');
});

test('subscribes again after a lost connection and repeats no line', async () => {
  let isDone = false;
  onSubscribe((socket, _tail, count) => {
    const lines = count === 0 ? ['one', 'two'] : ['one', 'two', 'three'];
    for (const line of lines) {
      socket.emit('logs_nextline', { line }, () => {
        if (line === 'three') isDone = true;
        if (count === 0 && line === 'two') socket.conn.close();
      });
    }
    return 'id';
  });

  const result = await followUntil(() => isDone);

  expect(result.stdout).toBe('one\ntwo\nthree\n');
  expect(result.stderr).toContain('warning: the log stream was cut off');
  expect(result.stderr).toContain('connected again');
});

test('reports the reason of a refusal, and prints nothing of it as a log line', async () => {
  onSubscribe((socket) => {
    setImmediate(() => {
      socket.emit('logs_error', { error: 'no permission', code: 'PERMISSION_DENIED', hint: 'Ask.' });
      socket.emit('logs_nextline', { line: 'racetrack: no permission' });
      socket.disconnect();
    });
    return null;
  });

  const result = await cli.run(['logs', 'adder', '-f']);

  expect(result).toMatchObject({ exitCode: 4, stdout: '' });
  expect(result.stderr).toContain(
    'the server refused to stream the log of adder 0.0.2: no permission\nhint: Ask.',
  );
});

test('reports a bare refusal of a server of the original', async () => {
  onSubscribe(() => null);

  expect(await cli.run(['logs', 'adder', '-f'])).toMatchObject({ exitCode: 3, stdout: '' });
});

test('falls back to polling without the token, where WebSocket is not served', async () => {
  await sockets.close();
  await served[Symbol.asyncDispose]();
  served = await createServedCli();
  ({ cli, server, routes, logIn } = served);
  sockets = new Server(server.server, { path: '/lifecycle/socket.io', transports: ['polling'] });
  routes[`GET ${API}/job/adder/latest`] = { body: JOB };
  await logIn();
  let token: unknown = 'unset';
  let isDone = false;
  onSubscribe((socket) => {
    token = socket.handshake.auth['token'] ?? socket.handshake.headers['x-racetrack-auth'];
    socket.emit('logs_nextline', { line: 'polled' }, () => (isDone = true));
    return 'id';
  });

  const result = await followUntil(() => isDone);

  expect(result.stdout).toBe('polled\n');
  expect(token).toBeUndefined();
});

test('fails when there is no log stream at all', async () => {
  await sockets.close();
  await served[Symbol.asyncDispose]();
  served = await createServedCli();
  ({ cli, server, routes, logIn } = served);
  routes[`GET ${API}/job/adder/latest`] = { body: JOB };
  await logIn();

  const result = await cli.run(['logs', 'adder', '-f']);

  expect(result.exitCode).toBe(5);
  expect(result.stderr).toContain('Socket.IO connection error');
});
