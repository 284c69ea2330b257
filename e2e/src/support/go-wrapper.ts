import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitUntil } from '@racetrack-platform/testing';
import { expect } from 'vitest';

const ENV = { ...process.env, CGO_ENABLED: '0', GOPROXY: 'off', GOTOOLCHAIN: 'local', GOWORK: 'off' };
/** A build that has to compile more packages than this takes a minute of a processor. */
const QUICK_PACKAGES = 5;

/** Why Go programs cannot be built on this machine; undefined: they can. */
export function findNoGo(): string | undefined {
  try {
    const version = execFileSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }).trim();
    const [, minor] = /^go1\.(\d+)/.exec(version) ?? [];
    return Number(minor) >= 22 ? undefined : `${version} is older than 1.22`;
  } catch {
    return 'there is no go on this machine';
  }
}

/**
 * Why building the wrapper would take long; undefined: it will not.
 *
 * @param directory - of its sources.
 */
export function findColdCache(directory: string): string | undefined {
  // Only prints the commands; those for packages that are in the cache are left out.
  const { stdout, stderr } = spawnSync('go', ['build', '-n', '.'], {
    cwd: directory,
    env: ENV,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  const compiled = `${stdout}${stderr}`.match(/^\S*\/compile /gm)?.length ?? 0;
  if (compiled <= QUICK_PACKAGES) return undefined;
  return 'the standard library of Go is not compiled yet; npm run proof -- go-wrapper does it';
}

/**
 * Builds the wrapper of the sample plugin, calls it as Racetrack and as callers would, and ends it.
 *
 * @param directory - of its sources, with a job or the stub in `handler`.
 * @param scratch - an existing directory, for the program.
 */
export async function checkGoWrapper(directory: string, scratch: string): Promise<void> {
  const program = join(scratch, 'wrapper');
  await promisify(execFile)('go', ['build', '-o', program, '.'], { cwd: directory, env: ENV });
  const port = String(await findPort());
  const job = { JOB_NAME: 'golang-function', JOB_VERSION: '0.0.1', JOB_DEPLOYMENT_TIMESTAMP: '1654779364' };
  const wrapper = spawn(program, [], { stdio: 'ignore', env: { ...job, HTTP_PORT: port } });
  const ask = async (path: string, init?: RequestInit): Promise<Response> =>
    await fetch(`http://127.0.0.1:${port}${path}`, init);
  try {
    await waitUntil(
      'the wrapper',
      async () =>
        await ask('/ready').then(
          ({ ok }) => ok,
          () => false,
        ),
    );
    const answer = await ask('/pub/job/golang-function/latest/api/v1/perform', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"numbers": [40, 2]}',
    });
    expect(await answer.json()).toBe(42);
    for (const path of ['/live', '/pub/job/golang-function/0.0.1/live'])
      expect(await (await ask(path)).json()).toMatchObject({ deployment_timestamp: 1_654_779_364 });
    expect(await (await ask('/pub/job/golang-function/1.x/openapi.json')).json()).toHaveProperty('openapi');
    expect(await (await ask('/pub/job/golang-function/latest/')).text()).toContain('<title>Go job</title>');
    wrapper.kill('SIGTERM');
    expect(await once(wrapper, 'exit')).toEqual([0, null]);
  } finally {
    wrapper.kill('SIGKILL');
  }
}

/** A free port; whoever asks for it at once gets it. */
async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
