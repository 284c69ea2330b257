import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '@racetrack-platform/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const ADDER = fileURLToPath(new URL('../../../../sample/python-class', import.meta.url));

/** On a busy machine the first environment takes its time. */
const PATIENCE_MS = 90_000;
vi.setConfig({ testTimeout: 2 * PATIENCE_MS });

let root: string;
let jobDir: string;
let started: DevProcess[];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rt-dev-test-'));
});

afterAll(async () => await rm(root, { recursive: true, force: true }));

beforeEach(async () => {
  started = [];
  jobDir = await mkdtemp(join(root, 'job-'));
  await cp(ADDER, jobDir, { recursive: true });
});

afterEach(async () => await Promise.all(started.map(async (dev) => await dev.end('SIGTERM'))));

interface DevProcess {
  readonly child: ChildProcess;
  /** All that was printed so far, on both streams. */
  readonly text: () => string;
  readonly stdout: () => string;
  /** Waits for a text, and answers what was printed. */
  saw(text: string | RegExp): Promise<string>;
  /** Ends it, and answers its exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts the command as a process; its home, and so what it has built, is shared by the tests. */
function start(...argv: string[]): DevProcess {
  const child = spawn(process.execPath, [MAIN, ...argv], {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: root, TMPDIR: root, NODE_COMPILE_CACHE: join(root, 'cache') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let text = '';
  const exited = once(child, 'close') as Promise<[number | null]>;
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    text += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const dev: DevProcess = {
    child,
    text: () => text,
    stdout: () => stdout,
    saw: async (wanted) => {
      await waitUntil(
        String(wanted),
        () => (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text)),
        PATIENCE_MS,
      ).catch((cause: unknown) => {
        throw new Error(`${String(wanted)} was not printed, but:\n${text}`, { cause });
      });
      return text;
    },
    async end(signal) {
      if (child.exitCode === null) child.kill(signal);
      return (await exited)[0];
    },
  };
  started.push(dev);
  return dev;
}

/** The address that a running one tells. */
async function addressOf(dev: DevProcess): Promise<string> {
  return /(http:\/\/127\.0\.0\.1:\d+)\/ {2}Swagger/.exec(await dev.saw(' -d '))?.[1] ?? '';
}

async function add(base: string, path = ''): Promise<unknown> {
  const answer = await fetch(`${base}${path}/api/v1/perform`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"numbers": [40, 2]}',
  });
  return await answer.json();
}

async function edit(from: string, to: string): Promise<void> {
  const path = join(jobDir, 'adder.py');
  await writeFile(path, (await readFile(path, 'utf8')).replace(from, to));
}

async function listRunDirectories(): Promise<string[]> {
  return (await readdir(root)).filter((name) => name.startsWith('racetrack-dev-'));
}

/** Processes whose command line names our home, but those of this test. */
async function listProcesses(): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc').catch(() => [])) {
    const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (text.includes(root)) found.push(text.replaceAll('\0', ' '));
  }
  return found;
}

describe('racetrack dev', () => {
  test('--once starts the job, calls its example, prints the answer alone, and leaves nothing', async () => {
    const dev = start('dev', jobDir, '--once');

    expect(await dev.end('SIGCONT')).toBe(0);
    expect(dev.stdout()).toBe('42\n');
    expect(await listProcesses()).toEqual([]);
    expect(await listRunDirectories()).toEqual([]);
  });

  test.each(['python3', 'node'])('--once answers what init --type %s has written', async (type) => {
    expect(await start('init', `new-${type}`, '--type', type).end('SIGCONT')).toBe(0);
    const dev = start('dev', `new-${type}`, '--once');

    expect([await dev.end('SIGCONT'), dev.text()]).toEqual([0, expect.stringContaining('ready in')]);
    expect(JSON.parse(dev.stdout())).toEqual({ total: 42, unit: 'EUR' });
  });

  test('--once fails when the example does, and names lines of the author’s own files', async () => {
    await edit('return sum(numbers)', 'raise RuntimeError("no idea")');
    const dev = start('dev', jobDir, '--once');

    expect(await dev.end('SIGCONT')).toBeGreaterThan(0);
    expect(dev.text()).toContain('no idea');
    expect(dev.text()).toContain(`File "${join(jobDir, 'adder.py')}", line `);
    expect(dev.text()).not.toContain('/builds/artifacts/');
  });

  test('what is saved is served; a mistake is explained, and what ran before goes on', async () => {
    await edit(
      'return sum(numbers)',
      'print("a call began", flush=True); import time; time.sleep(1.5); return sum(numbers)',
    );
    const before = await readdir(join(root, '.racetrack/dev/builds/artifacts')).catch(() => []);
    const dev = start('dev', jobDir);
    const base = await addressOf(dev);
    expect(dev.text()).toContain(`-d '{"numbers":[40,2]}'`);
    expect(dev.text()).toMatch(/built with python .+, \//);
    expect((await fetch(`${base}/`)).url).toBe(`${base}/docs`);
    const inProgress = add(base, '/pub/job/adder/0.0.1');
    await dev.saw('a call began');

    await edit('return sum(numbers)', 'return -sum(numbers)');
    await dev.saw('reloaded in');
    await edit('time.sleep(1.5); return -sum(numbers)', 'return sum(numbers');
    await dev.saw(/not in use; .*goes on serving/);

    expect(dev.text()).toContain('SyntaxError');
    expect(await inProgress).toBe(42);
    expect(await add(base, '/pub/job/adder/latest')).toBe(-42);

    await edit('return sum(numbers', 'return 2 * sum(numbers)');
    await waitUntil('the corrected job', async () => (await add(base)) === 84);
    const artifacts = join(root, '.racetrack/dev/builds/artifacts');
    const ofOthers = before.length;
    await waitUntil(
      'former code to be removed',
      async () => (await readdir(artifacts)).length === ofOthers + 1,
    );
  });

  test('a slip in the manifest, or a manifest that is away for a while, leaves what runs alone', async () => {
    const dev = start('dev', jobDir, '--port', '0');
    const base = await addressOf(dev);
    const path = join(jobDir, 'job.yaml');
    const manifest = await readFile(path, 'utf8');

    await writeFile(path, manifest.replace('python3', 'pyton3'));
    await dev.saw(/pyton3[^]*Did you mean python3[^]*goes on serving/);
    await rm(path);
    await dev.saw(/goes on serving[^]*error: [^\n]*job\.yaml[^]*goes on serving/);
    await writeFile(path, manifest);
    await dev.saw('as it was');

    expect(await add(base)).toBe(42);
    expect(await dev.end('SIGINT')).toBe(0);
    expect(dev.text()).not.toContain('the job ended');
  });

  test('--once says that a job documents no example, and calls nothing', async () => {
    await edit('docs_input_example', 'other');
    const dev = start('dev', jobDir, '--once');

    expect(await dev.end('SIGCONT')).toBe(0);
    expect(dev.stdout()).toBe('');
    expect(dev.text()).toContain('the job documents no example (docs_input_example); not called');
    expect(dev.text()).not.toContain('curl');
  });

  test('a job that ends is shown with its exit code, and runs again when a file is saved', async () => {
    const dev = start('dev', jobDir, '--port', '0');
    const base = await addressOf(dev);
    const pid = /(\d+)/.exec(await readFile(`/proc/${await findJob()}/stat`, 'utf8'))?.[1];
    process.kill(Number(pid), 'SIGKILL');
    await dev.saw('the job ended: killed by SIGKILL');

    const refusal = await fetch(`${base}/live`);
    expect(refusal.status).toBe(503);
    expect(await refusal.json()).toMatchObject({
      code: 'JOB_NOT_READY',
      error: 'the job does not run: it ended: killed by SIGKILL',
    });

    await edit('return sum(numbers)', 'return 7');
    await waitUntil('the job that was saved', async () => (await add(base)) === 7);
    expect(await dev.end('SIGINT')).toBe(0);
    expect(await listProcesses()).toEqual([]);
    expect(await listRunDirectories()).toEqual([]);
  });

  test('a port that is taken is left alone, and the next free one named', async () => {
    using taken = await takePort();
    const dev = start('dev', jobDir, '--port', String(taken.port));

    expect(await dev.end('SIGCONT')).toBe(5);
    expect(dev.text()).toMatch(new RegExp(`port ${taken.port} is taken[^]*--port \\d+`));
  });

  test.each([
    ['SIGHUP', 0],
    ['SIGKILL', null],
  ] as const)('after %s no process and no socket is left', async (signal, exitCode) => {
    const dev = start('dev', jobDir, '--port', '0');
    await addressOf(dev);
    expect(await listRunDirectories()).toHaveLength(1);

    expect(await dev.end(signal)).toBe(exitCode);
    await waitUntil('the end of the job', async () => (await listProcesses()).length === 0);
    await waitUntil('an empty directory', async () => (await listRunDirectories()).length === 0);
  });

  test('variables of the command line and secrets reach the job, and calls to other jobs say what they need', async () => {
    await edit(
      'return sum(numbers)',
      'import os, urllib.request, urllib.error; url = os.environ["PUB_URL"] + "/job/other/latest/api/v1/perform"\n' +
        '        try: urllib.request.urlopen(urllib.request.Request(url, b"{}"))\n' +
        '        except urllib.error.HTTPError as e: return [os.environ["GREETING"], os.environ["TOKEN"], e.read().decode()]',
    );
    await writeFile(join(jobDir, '.env'), 'TOKEN=sesame\n');
    await writeFile(
      join(jobDir, 'job.yaml'),
      `${await readFile(join(jobDir, 'job.yaml'), 'utf8')}\nsecret_runtime_env_file: .env\n`,
    );
    const dev = start('dev', jobDir, '--once', '--env', 'GREETING=hello=1');

    expect(await dev.end('SIGCONT')).toBe(0);
    expect(JSON.parse(dev.stdout())).toEqual([
      'hello=1',
      'sesame',
      expect.stringContaining('racetrack dev --remote'),
    ]);
  });
});

describe('racetrack run-local', () => {
  test('runs the files here, forwards calls to other jobs with the token, and refuses a command', async () => {
    using pub = await startPub();
    await edit(
      'return sum(numbers)',
      'import os, urllib.request; url = os.environ["PUB_URL"] + "/job/other/latest/api/v1/perform"\n' +
        '        request = urllib.request.Request(url, b"{}", {"X-Racetrack-Auth": os.environ["AUTH_TOKEN"]})\n' +
        '        return urllib.request.urlopen(request).read().decode()',
    );
    const dev = start('run-local', jobDir, '--port', '0', '--remote', pub.url);
    const text = await dev.saw('Running job "adder" v0.0.1 locally');
    const base = /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0] ?? '';

    expect(await add(base)).toBe('POST /pub/job/other/latest/api/v1/perform with the-users-own');
    // A page in a browser cannot use the author's token.
    expect((await fetch(`${base}/pub/job/other/latest/api/v1/perform`)).status).toBe(401);
    expect(await dev.end('SIGINT')).toBe(0);

    const refused = start('run-local', jobDir, '--cmd', 'sh');
    expect(await refused.end('SIGCONT')).toBe(70);
    expect(refused.text()).toContain('--cmd replaces the command of a container');
  });
});

/** A server that answers as lifecycle and as pub; the user is logged in there. */
async function startPub(): Promise<Disposable & { readonly url: string }> {
  const server = createHttpServer((incoming, outgoing) => {
    const { port } = server.address() as AddressInfo;
    const isInfo = incoming.url?.endsWith('/info') === true;
    const info = JSON.stringify({ auth_required: true, external_pub_url: `http://127.0.0.1:${port}/pub` });
    const text = `${incoming.method} ${incoming.url} with ${String(incoming.headers['x-racetrack-auth'])}`;
    outgoing.setHeader('content-type', isInfo ? 'application/json' : 'text/plain').end(isInfo ? info : text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = `user_auths:\n  ${url}/lifecycle: the-users-own\n`;
  await mkdir(join(root, '.racetrack'), { recursive: true });
  await writeFile(join(root, '.racetrack/config.yaml'), config, { mode: 0o600 });
  return { url, [Symbol.dispose]: () => void server.close() };
}

/** The process of the one job that runs. */
async function findJob(): Promise<string> {
  for (const pid of await readdir('/proc')) {
    const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (text.includes(root) && text.includes('run_job.py')) return pid;
  }
  throw new Error('no job runs');
}

async function takePort(): Promise<Disposable & { readonly port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, [Symbol.dispose]: () => void server.close() };
}
