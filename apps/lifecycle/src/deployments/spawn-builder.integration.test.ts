import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildRequest } from '@racetrack-platform/contracts';
import { createTemporaryDirectory, type TemporaryDirectory } from '@racetrack-platform/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runBuild } from './spawn-builder.ts';

/** Never comes to its own clock, as with an expression that takes for ever. */
const CAUGHT = 'for (;;) {}';

describe('a builder that is caught in a computation', () => {
  let directory: TemporaryDirectory;
  let entry: string;
  beforeAll(async () => {
    directory = await createTemporaryDirectory();
    entry = join(directory.path, 'builder.mjs');
    await writeFile(entry, CAUGHT);
  });
  afterAll(async () => await directory[Symbol.asyncDispose]());

  const build = async (timeoutMs: number, signal: AbortSignal) =>
    await runBuild(
      { entry, env: {}, stopTimeoutMs: 300 },
      { timeoutMs, buildsDir: directory.path } as BuildRequest,
      { onEvent: async () => await Promise.resolve() },
      signal,
    );

  test('is killed when its time is over', async () => {
    await expect(build(300, new AbortController().signal)).rejects.toMatchObject({
      code: 'BUILD_FAILED',
      message: expect.stringContaining('the builder was killed without a result'),
    });
  });

  test('is killed when the build is cancelled', async () => {
    await expect(build(600_000, AbortSignal.timeout(300))).rejects.toThrow('timeout');
  });
});
