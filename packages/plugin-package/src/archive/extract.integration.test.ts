import * as fc from 'fast-check';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { packArchive } from '../bundle/pack-archive.ts';
import { buildZip, MANIFEST, VALID } from '../testing/build-zip.ts';
import { openPluginArchive, readPluginArchive } from './open-archive.ts';

const { signal } = new AbortController();
let root = '';

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'racetrack-plugin-'));
});

afterEach(async () => await rm(root, { recursive: true, force: true }));

describe('extracting a plugin', () => {
  test('writes its files with safe modes into a fresh folder', async () => {
    await writeFile(
      join(root, 'p.zip'),
      buildZip([
        ...VALID,
        { name: 'bin/run', data: '#!/bin/sh\n', mode: 0o106777 },
        { name: 'empty/', mode: 0o041777 },
      ]),
    );
    const archive = await openPluginArchive(join(root, 'p.zip'), { source: 'p.zip', signal });

    await archive.extract(join(root, 'out'), signal);

    expect(await readdir(join(root, 'out'))).toEqual(['bin', 'empty', 'plugin-manifest.yaml', 'plugin.py']);
    const modes = ['.', 'bin', 'empty', 'bin/run', 'plugin.py'].map(
      async (path) => (await stat(join(root, 'out', path))).mode & 0o7777,
    );
    expect(await Promise.all(modes)).toEqual([0o755, 0o755, 0o755, 0o755, 0o644]);
  });

  test('leaves nothing behind when a file is not what it declares', async () => {
    const archive = await readPluginArchive(buildZip([...VALID, { name: 'z', data: 'z', crc: 1 }]), {
      source: 'p.zip',
    });

    await expect(archive.extract(join(root, 'out'), signal)).rejects.toThrow('does not fit its checksum');
    expect(await readdir(root)).toEqual([]);
  });

  test('touches nothing that is there already, also when two extract at once', async () => {
    const archive = await readPluginArchive(buildZip(VALID), { source: 'p.zip' });
    await mkdir(join(root, 'old'));
    await expect(archive.extract(join(root, 'old'), signal)).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    });

    const attempts = [1, 2, 3].map(async () => await archive.extract(join(root, 'new'), signal));
    const outcomes = await Promise.allSettled(attempts);

    expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.every(({ reason }) => PlatformError.is(reason) && reason.code === 'ALREADY_EXISTS')).toBe(
      true,
    );
    expect(await readdir(root)).toEqual(['new', 'old']);
  });

  test('gives back what was packed, byte for byte', async () => {
    const segment = fc.stringMatching(/^[a-z0-9_ü-]{1,8}$/u);
    const path = fc.array(segment, { minLength: 2, maxLength: 4 }).map((parts) => `d/${parts.join('/')}.x`);
    const content = fc.record({ data: fc.uint8Array({ maxLength: 200 }), isExecutable: fc.boolean() });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.dictionary(path, content, { maxKeys: 5 }), async (files) => {
        const members = Object.entries(files).map(([name, { data, isExecutable }]) => ({
          path: name,
          data: Buffer.from(data),
          isExecutable,
        }));
        const required = [
          { path: 'plugin-manifest.yaml', data: Buffer.from(MANIFEST), isExecutable: false },
          { path: 'plugin.js', data: Buffer.from('export default 1;'), isExecutable: false },
        ];
        const packed = await packArchive([...members, ...required]);
        const archive = await readPluginArchive(packed, { source: 'p.zip' });
        run += 1;
        await archive.extract(join(root, String(run)), signal);

        expect(await packArchive([...required, ...members.toReversed()])).toEqual(packed);
        for (const member of members) {
          const written = join(root, String(run), member.path);
          expect(await readFile(written)).toEqual(member.data);
          expect(((await stat(written)).mode & 0o111) !== 0).toBe(member.isExecutable);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('of a damaged archive never leaves the folder, and fails with a reason', async () => {
    const whole = buildZip([
      ...VALID,
      { name: 'a/b.txt', data: 'x'.repeat(300), method: 8 },
      { name: 'folder/', mode: 0o040755 },
    ]);
    const flip = fc.record({ at: fc.nat(whole.length - 1), to: fc.nat(255) });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(flip, { minLength: 1, maxLength: 4 }), fc.nat(20), async (flips, cut) => {
        const damaged = Buffer.from(whole.subarray(0, whole.length - (cut > 15 ? cut : 0)));
        for (const { at, to } of flips) if (at < damaged.length) damaged[at] = to;
        run += 1;
        const inside = join(root, String(run), 'inside');
        await mkdir(inside, { recursive: true });
        const outcome = await readPluginArchive(damaged, { source: 'p.zip' })
          .then(async (archive) => await archive.extract(join(inside, 'out'), signal))
          .then(
            () => 'whole',
            (error: unknown) => (PlatformError.is(error) && error.hint !== undefined ? error.code : error),
          );

        expect(['whole', 'PLUGIN_INVALID']).toContain(outcome);
        expect(await readdir(inside)).toEqual(outcome === 'whole' ? ['out'] : []);
        expect(await readdir(join(root, String(run)))).toEqual(['inside']);
      }),
      { numRuns: 150 },
    );
    expect((await readdir(root)).every((name) => /^\d+$/.test(name))).toBe(true);
  });
});
