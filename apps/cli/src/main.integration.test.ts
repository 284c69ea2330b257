import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { API, createServedCli, JOB, MANIFEST, type ServedCli } from './testing/served-cli.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

let compileCache: string;
let served: ServedCli;
let { cli, server, routes, logIn } = {} as ServedCli;

beforeAll(async () => {
  compileCache = await mkdtemp(join(tmpdir(), 'racetrack-cli-cache-'));
});

afterAll(async () => await rm(compileCache, { recursive: true, force: true }));

beforeEach(async () => {
  served = await createServedCli();
  ({ cli, server, routes, logIn } = served);
  routes[`POST ${API}/deploy`] = { body: { id: 'd-1' } };
  await logIn();
  await cli.write('job.yaml', MANIFEST);
});

afterEach(async () => await served[Symbol.asyncDispose]());

/** Starts the real process; its standard input is an open pipe. */
function start(...argv: string[]) {
  const child = spawn(process.execPath, [MAIN, ...argv], {
    cwd: cli.cwd,
    env: { PATH: process.env['PATH'], HOME: cli.home, NODE_COMPILE_CACHE: compileCache },
  });
  const finished = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]).then(
    ([stdout, stderr, [exitCode]]) => ({ stdout, stderr, exitCode: exitCode as unknown }),
  );
  return { child, finished };
}

describe('the process', () => {
  test('deploys the current directory while standard input stays open and silent', async () => {
    routes[`GET ${API}/deploy/d-1`] = { body: { status: 'done', job_name: 'adder', job_version: '0.0.1' } };
    const { child, finished } = start('deploy');

    const result = await finished;
    child.stdin.destroy();

    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Job "adder"') as string });
  });

  test('says so when standard input brings nothing', async () => {
    const { child, finished } = start('login', '-', '--remote', server.origin);
    child.stdin.end('');

    expect(await finished).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('is empty') as string,
    });
  });

  test('leaves the deployment running on Ctrl-C, says how to look at it again, and ends with 130', async () => {
    routes[`GET ${API}/deploy/d-1`] = { body: { status: 'in_progress', phase: 'building image' } };
    const { child, finished } = start('deploy', '--remote', server.origin);
    await vi.waitFor(() => expect(server.requests.length).toBeGreaterThan(2), { timeout: 10_000 });

    child.kill('SIGINT');
    const result = await finished;

    expect(result).toMatchObject({ exitCode: 130, stdout: '' });
    expect(result.stderr).toContain('The deployment d-1 goes on at the server.\n');
    expect(result.stderr).toContain(`racetrack deploy --watch d-1 --remote ${server.origin}\n`);
    expect(result.stderr).toContain(`racetrack cancel d-1 --remote ${server.origin}\n`);
    expect(result.stderr).toContain('racetrack build-logs adder --version 0.0.1');
    expect(result.stderr).not.toContain('error:');
  });

  test('ends silently with 130 on Ctrl-C during a request', async () => {
    let isAsked = false;
    server.server.on('connection', () => (isAsked = true));
    server.server.removeAllListeners('request');
    const { child, finished } = start('list');
    await vi.waitFor(() => expect(isAsked).toBe(true), { timeout: 10_000 });

    child.kill('SIGINT');

    expect(await finished).toEqual({ exitCode: 130, stdout: '', stderr: '' });
  });

  test('writes long output completely into a pipe', async () => {
    routes[`GET ${API}/job`] = { body: Array.from({ length: 5_000 }, () => JOB) };
    const { finished } = start('list');

    const { stdout, exitCode } = await finished;

    expect(exitCode).toBe(0);
    expect(stdout.split('\n')).toHaveLength(5_002);
  });

  test('is not disturbed by a reader that goes away', async () => {
    routes[`GET ${API}/job`] = { body: Array.from({ length: 5_000 }, () => JOB) };
    const { child, finished } = start('list');
    const closed = finished.catch(() => undefined);
    child.stdout.destroy();
    const [exitCode] = (await once(child, 'exit')) as [number];
    await closed;

    expect(exitCode).toBe(0);
  });
});
