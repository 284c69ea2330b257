import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitUntil } from '@racetrack-platform/testing';
import { createRepository, pythonManifest } from './support/job-repository.ts';
import { Platform } from './support/platform.ts';

const LAUNCHER = fileURLToPath(new URL('../../apps/server/src/main.ts', import.meta.url));
const CODE = 'class Adder:\n    def perform(self, x, y):\n        return x + y\n';

/** Runs `npm start -- …` as a user would, and answers its output. */
async function server(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [LAUNCHER, ...args], {
    env: { ...process.env, RACETRACK_BACKUP_PASSPHRASE: 'correct horse battery' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`exit code ${code}: ${output}`);
  return output;
}

describe('a platform restored from a backup', () => {
  let platform: Platform;
  let token: string;
  let said: string;
  let withArtifacts: string;
  let saidOfArtifacts: string;
  /** What the backup was made of, out of the way. */
  let formerDataDir: string;

  beforeAll(async () => {
    platform = await Platform.start();
    token = await platform.login();
    const directory = join(platform.directory, 'adder');
    const manifest = pythonManifest({ name: 'adder', version: '1.0.0', remote: directory });
    await createRepository(directory, { 'job.py': CODE, 'job.yaml': manifest });
    expect(await platform.cli(['deploy', directory, '--build-context', 'git'])).toMatchObject({ code: 0 });
    const uploaded = pythonManifest({ name: 'uploaded', version: '1.0.0', remote: directory });
    const folder = join(platform.directory, 'uploaded');
    await createRepository(folder, { 'job.py': CODE, 'job.yaml': uploaded });
    expect(await platform.cli(['deploy', folder, '--build-context', 'local'])).toMatchObject({ code: 0 });
    const file = join(platform.directory, 'platform.backup');
    // While it runs.
    await server('backup', file, '--data-dir', platform.dataDir);
    withArtifacts = join(platform.directory, 'artifacts.backup');
    saidOfArtifacts = await server('backup', withArtifacts, '--artifacts', '--data-dir', platform.dataDir);
    await platform.stop();
    formerDataDir = join(platform.directory, 'former');
    await rename(platform.dataDir, formerDataDir);
    said = await server('restore', file, '--data-dir', platform.dataDir);
    await platform.boot();
  }, 300_000);

  afterAll(async () => await platform[Symbol.asyncDispose]());

  test('accepts the same tokens and gives the same answers, from instances of its own', async () => {
    const call = async (version: string) =>
      await platform.call(`adder/${version}/api/v1/perform`, token, { x: 40, y: 2 });
    await waitUntil('the job to be built again', async () => (await call('1.0.0')).status === 200, 150_000);

    expect(await (await call('latest')).json()).toBe(42);
    expect(said).toContain('1 jobs are built again');
    expect(await readFile(join(platform.dataDir, 'host-id'), 'utf8')).not.toBe(
      await readFile(join(formerDataDir, 'host-id'), 'utf8'),
    );
  });

  test('says of a job from uploaded files that it has to be deployed again', async () => {
    const response = await fetch(`${platform.endpoints.lifecycle}/api/v1/job/uploaded/1.0.0`, {
      headers: { 'x-racetrack-auth': token },
    });

    expect(await response.json()).toMatchObject({
      status: 'lost',
      notice: expect.stringContaining('deploy it again'),
    });
    expect(said).toContain('deploy them again: uploaded 1.0.0');
  });

  test('lets the administrator in with the same password', async () => {
    expect(await platform.login()).toEqual(expect.any(String));
  });

  // The last one: it takes everything away that a build would need.
  test('with its artifacts, starts jobs where there is no repository, elsewhere too', async () => {
    expect(saidOfArtifacts).toMatch(/3 artifacts and environments \([\d.]+ MiB\)/);
    await platform.stop();
    for (const name of ['former', 'adder', 'uploaded', 'data']) {
      await rm(join(platform.directory, name), { recursive: true });
    }
    platform.moveTo('moved');
    const restored = await server('restore', withArtifacts, '--data-dir', platform.dataDir);
    await platform.boot();

    expect(restored).toContain('2 jobs start from what was built of them');
    for (const name of ['adder', 'uploaded']) {
      const call = async () => await platform.call(`${name}/1.0.0/api/v1/perform`, token, { x: 40, y: 2 });
      await waitUntil(`${name} to answer`, async () => (await call()).status === 200, 60_000);
      expect(await (await call()).json()).toBe(42);
    }
  });
});
