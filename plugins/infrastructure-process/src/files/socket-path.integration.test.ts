import { chmodSync, mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createTemporaryDirectory } from '@racetrack-platform/testing';
import { describe, expect, test } from 'vitest';
import { chooseSocketPath, ensureSocketPath } from './socket-path.ts';

describe('ensureSocketPath', () => {
  test('keeps the name of the instance while it fits, then shortens it', () => {
    expect(chooseSocketPath('/data/run/i', 'i-1')).toBe('/data/run/i/i-1/s');
    const parent = `/${'d'.repeat(70)}`;
    expect(chooseSocketPath(parent, 'a'.repeat(40))).toMatch(/^\/d{70}\/[0-9a-f]{16}\/s$/);
  });

  test('creates the directory for this user only', async () => {
    await using directory = await createTemporaryDirectory();

    const path = ensureSocketPath(join(directory.path, 'run', 'i'), 'i-1', false);

    expect(statSync(dirname(dirname(path))).mode & 0o777).toBe(0o700);
  });

  test.each([
    ['open to others', (path: string) => (mkdirSync(path), chmodSync(path, 0o755))],
    ['a link', (path: string) => symlinkSync('/', path)],
  ])('refuses a directory among the temporary files that is %s', async (_title, prepare) => {
    await using directory = await createTemporaryDirectory();
    const socketsDir = join(directory.path, 'd'.repeat(90));
    const place = dirname(dirname(chooseSocketPath(socketsDir, 'i-1')));
    prepare(place);

    try {
      expect(() => ensureSocketPath(socketsDir, 'i-1', false)).toThrow('is not a private directory');
    } finally {
      rmSync(place, { recursive: true });
    }
  });
});
