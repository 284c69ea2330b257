import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { link, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLog } from '../output/log.ts';
import { createCliFixture, type CliFixture } from '../testing/cli-fixture.ts';
import { unpackBuildContext } from '../testing/unpack-build-context.ts';
import { createBuildContext } from './create-build-context.ts';

let cli: CliFixture;
let printed: string;

const signal = new AbortController().signal;
const silent = { isTerminal: false, columns: 80, write: () => undefined };
const stderr = { ...silent, write: (data: string | Uint8Array) => void (printed += String(data)) };
const log = createLog({ stdout: silent, stderr, env: {} }, { isVerbose: false });

beforeEach(async () => {
  cli = await createCliFixture();
  printed = '';
});

afterEach(async () => await cli[Symbol.asyncDispose]());

test('names the largest files when the limit is exceeded', async () => {
  await writeFile(join(cli.cwd, 'big.bin'), randomBytes(300_000));
  await writeFile(join(cli.cwd, 'small.bin'), randomBytes(1_000));

  const packing = createBuildContext(
    { log },
    { root: cli.cwd, secretPaths: [], signal, limitBytes: 100_000 },
  );

  await expect(packing).rejects.toMatchObject({
    code: 'BODY_TOO_LARGE',
    message:
      'the local build context exceeds 97.66 KiB; its largest files are big.bin (292.97 KiB), small.bin (1000 bytes)',
  });
});

test('packs hard links as files, and leaves out what is no file', async () => {
  await writeFile(join(cli.cwd, 'a.txt'), 'same');
  await link(join(cli.cwd, 'a.txt'), join(cli.cwd, 'b.txt'));
  execFileSync('mkfifo', [join(cli.cwd, 'pipe')]);

  const { pieces, fileCount } = await createBuildContext({ log }, { root: cli.cwd, secretPaths: [], signal });

  expect(fileCount).toBe(2);
  expect(await unpackBuildContext(pieces.join(''))).toEqual({ 'a.txt': 'same', 'b.txt': 'same' });
  expect(printed).toBe('warning: left out of the build context, as they are no files: pipe\n');
});

test('sends nothing when it cannot tell what is to be left out', async () => {
  await symlink('/dev/zero', join(cli.cwd, '.gitignore'));

  await expect(createBuildContext({ log }, { root: cli.cwd, secretPaths: [], signal })).rejects.toMatchObject(
    { code: 'BUILD_CONTEXT_INVALID', message: '.gitignore leads out of the build context' },
  );
});

test('is one valid base64 text, however many pieces it comes in', async () => {
  const content = randomBytes(700_000).toString('hex');
  await writeFile(join(cli.cwd, 'a.txt'), content);

  const { pieces } = await createBuildContext({ log }, { root: cli.cwd, secretPaths: [], signal });

  expect(pieces.length).toBeGreaterThan(2);
  expect(pieces.slice(0, -1).every((piece) => !piece.includes('='))).toBe(true);
  expect(await unpackBuildContext(pieces.join(''))).toEqual({ 'a.txt': content });
});

test('stops when it is told to', async () => {
  await writeFile(join(cli.cwd, 'a.txt'), 'x');
  const options = { root: cli.cwd, secretPaths: [], signal: AbortSignal.abort(new Error('enough')) };

  await expect(createBuildContext({ log }, options)).rejects.toThrow('enough');
});
