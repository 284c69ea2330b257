import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openHostId } from './host-id.ts';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'racetrack-host-id-'));
});

afterEach(async () => await rm(dataDir, { recursive: true }));

test('a data directory has one identity, whoever asks first', async () => {
  const ids = await Promise.all([openHostId(dataDir), openHostId(dataDir), openHostId(dataDir)]);

  expect(new Set(ids).size).toBe(1);
  expect(await openHostId(dataDir)).toBe(ids[0]);
  expect(await readdir(dataDir)).toEqual(['host-id']);
  expect((await stat(join(dataDir, 'host-id'))).mode & 0o777).toBe(0o600);
});

test('a damaged identity is refused, not replaced', async () => {
  await writeFile(join(dataDir, 'host-id'), '');

  await expect(openHostId(dataDir)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});
