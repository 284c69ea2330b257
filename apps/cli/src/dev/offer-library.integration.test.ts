import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTemporaryDirectory } from '@racetrack-platform/testing';
import { expect, test } from 'vitest';
import { offerLibrary } from './offer-library.ts';

const plugin = (name: string) =>
  fileURLToPath(new URL(`../../../../plugins/job-type-${name}`, import.meta.url));

test('a Go job that imports racetrack/jobs gets the library for its tests, and is told how to use it', async () => {
  await using directory = await createTemporaryDirectory();
  const root = join(directory.path, 'job');
  await mkdir(root);
  await writeFile(join(root, 'job.go'), 'package job\n');

  expect(await offerLibrary(plugin('golang'), root)).toBeUndefined();
  await writeFile(join(root, 'job.go'), 'package job\n\nimport "racetrack/jobs"\n');
  expect(await offerLibrary(plugin('node'), root)).toBeUndefined();
  expect(await readdir(root)).toEqual(['job.go']);

  expect(await offerLibrary(plugin('golang'), root)).toContain('go work init . ./.racetrack/jobs');
  expect(await readdir(join(root, '.racetrack/jobs'))).toEqual(
    expect.arrayContaining(['go.mod', 'call.go', 'internal']),
  );
  await writeFile(join(root, 'go.work'), '');
  expect(await offerLibrary(plugin('golang'), root)).toBeUndefined();
});
