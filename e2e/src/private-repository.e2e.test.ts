import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startHttpsGitServer, type HttpsGitServer } from '@racetrack-platform/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRepository, pythonManifest } from './support/job-repository.ts';
import { Platform } from './support/platform.ts';

const ACCESS = { username: 'bob', password: 'a-token-for-bob' };

let root: string;
let host: HttpsGitServer;
let platform: Platform;
let folder: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'racetrack-e2e-git-'));
  const source = await createRepository(join(root, 'source'), {
    'job.py': 'class Adder:\n    def perform(self, x, y):\n        return x + y\n',
  });
  await promisify(execFile)('git', ['clone', '--quiet', '--bare', source, join(root, 'private.git')]);
  host = await startHttpsGitServer(root, ACCESS);
  platform = await Platform.start([], {
    GIT_SSL_CAINFO: host.certificatePath,
    RACETRACK_GIT_ALLOW_LOCAL: 'false',
  });
  await platform.login();
  folder = join(platform.directory, 'adder');
  await mkdir(folder);
  const manifest = pythonManifest({ name: 'adder', version: '1.0.0', remote: `${host.origin}/private.git` });
  await writeFile(join(folder, 'job.yaml'), manifest);
});

afterAll(async () => {
  await platform[Symbol.asyncDispose]();
  await host.close();
  await rm(root, { recursive: true, force: true });
});

test('a private repository asks for credentials and says how to give them', async () => {
  const result = await platform.cli(['deploy', folder]);

  expect(result.code).toBe(6);
  expect(result.stderr).toContain('no git credentials configured');
  expect(result.stderr).toContain('racetrack set credentials');
  expect(result.stderr).toContain('read_repository');
});

test('with stored credentials it is deployed, and they are nowhere to be read', async () => {
  await platform.cli(['set', 'credentials', host.origin, ACCESS.username, '-'], { input: ACCESS.password });

  const result = await platform.cli(['deploy', folder]);

  expect(result).toMatchObject({ code: 0 });
  const answer = await platform.cli(['call', 'adder', '/api/v1/perform', '{"x": 40, "y": 2}']);
  expect(answer.stdout.trim()).toBe('42');
  for (const file of await readdir(platform.dataDir, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const path = join(file.parentPath, file.name);
    expect([path, (await readFile(path)).includes(ACCESS.password)]).toEqual([path, false]);
  }
});
