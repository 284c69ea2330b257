import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { requestOf, runBuilderHere } from '../testing/builder-process.ts';
import { unpackArchive } from './unpack-archive.ts';

interface Entry {
  readonly path: string;
  readonly type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'CharacterDevice' | 'FIFO';
  readonly mode?: number;
  readonly linkpath?: string;
  readonly content?: string;
}

let root: string;
let target: string;
let count = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'racetrack-builder-archive-'));
});

beforeEach(async () => {
  target = join(root, `target-${(count += 1)}`);
  await mkdir(target);
});

afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

/** Writes an archive that no well-behaved program would write. */
async function writeArchive(entries: readonly Entry[]): Promise<string> {
  const blocks = entries.flatMap(({ content = '', ...fields }) => {
    const header = new Header({
      type: 'File',
      mode: 0o644,
      mtime: new Date(0),
      ...fields,
      size: content.length,
    });
    const block = Buffer.alloc(512);
    header.encode(block);
    const body = Buffer.alloc(Math.ceil(content.length / 512) * 512);
    body.write(content);
    return [block, body];
  });
  return await writeBytes(gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)])));
}

async function writeBytes(bytes: Buffer): Promise<string> {
  const path = join(root, `archive-${(count += 1)}.tar.gz`);
  await writeFile(path, bytes);
  return path;
}

async function unpack(
  entries: readonly Entry[],
  limits?: Parameters<typeof unpackArchive>[3],
): Promise<void> {
  await unpackArchive(await writeArchive(entries), target, new AbortController().signal, limits);
}

describe('unpackArchive', () => {
  test('unpacks files, directories and inner links with ordinary modes, and no .git', async () => {
    await unpack([
      { path: 'dir/', type: 'Directory', mode: 0o1000 },
      { path: 'dir/run', mode: 0o6777, content: 'run' },
      { path: 'plain', mode: 0o600, content: 'text' },
      { path: 'dir/up', type: 'SymbolicLink', linkpath: '../plain' },
      { path: 'same', type: 'Link', linkpath: 'plain' },
      { path: '.git/config', content: 'x' },
    ]);

    expect((await stat(join(target, 'dir/run'))).mode & 0o7777).toBe(0o755);
    expect((await stat(join(target, 'plain'))).mode & 0o7777).toBe(0o644);
    expect((await stat(join(target, 'dir'))).mode & 0o7777).toBe(0o755);
    expect(await readlink(join(target, 'dir/up'))).toBe('../plain');
    expect(await readFile(join(target, 'same'), 'utf8')).toBe('text');
    await expect(access(join(target, '.git'))).rejects.toThrow('ENOENT');
  });

  test.each<[string, Entry[], string]>([
    ['an absolute path', [{ path: '/tmp/pwned', content: 'x' }], 'leads out'],
    ['a path with ..', [{ path: 'a/../../pwned', content: 'x' }], 'leads out'],
    ['a link to an absolute path', [{ path: 'a', type: 'SymbolicLink', linkpath: '/etc' }], 'leads out'],
    ['a link above the root', [{ path: 'a', type: 'SymbolicLink', linkpath: '../x' }], 'unpacked'],
    [
      'a link above the root by way of another',
      [
        { path: 'here', type: 'SymbolicLink', linkpath: '.' },
        { path: 'a', type: 'SymbolicLink', linkpath: 'here/../x' },
      ],
      'leads out',
    ],
    [
      'a file written through a link',
      [
        { path: 'd/', type: 'Directory' },
        { path: 'a', type: 'SymbolicLink', linkpath: 'd' },
        { path: 'a/file', content: 'x' },
      ],
      'unpacked',
    ],
    ['a hard link out', [{ path: 'a', type: 'Link', linkpath: '../../etc/passwd' }], 'leads out'],
    ['an absolute hard link', [{ path: 'a', type: 'Link', linkpath: '/etc/passwd' }], 'leads out'],
    ['a device', [{ path: 'a', type: 'CharacterDevice' }], 'neither a file'],
    ['a pipe', [{ path: 'a', type: 'FIFO' }], 'neither a file'],
  ])('refuses %s', async (_title, entries, message) => {
    await expect(unpack(entries)).rejects.toMatchObject({
      code: 'BUILD_CONTEXT_INVALID',
      message: expect.stringContaining(message),
    });
  });

  test('refuses more entries or bytes than allowed', async () => {
    const entries = ['a', 'b', 'c'].map((path) => ({ path, content: 'x'.repeat(100) }));

    await expect(unpack(entries, { maxEntries: 2, maxBytes: 1e6 })).rejects.toThrow('more than 2 entries');
    await expect(unpack(entries, { maxEntries: 9, maxBytes: 299 })).rejects.toThrow('more than 299 bytes');
  });

  test('refuses a million entries long before their end', async () => {
    const header = (path: string): Buffer => {
      const block = Buffer.alloc(512);
      new Header({ path, type: 'File', mode: 0o644, mtime: new Date(0), size: 0 }).encode(block);
      return block;
    };
    const part = gzipSync(
      Buffer.concat(Array.from({ length: 10_000 }, (_, index) => header(`file-${index}`))),
    );
    // Members of gzip that follow each other are one stream (RFC 1952, 2.2).
    const path = await writeBytes(Buffer.concat(Array.from({ length: 100 }, () => part)));
    const memory = process.memoryUsage().rss;

    await expect(unpackArchive(path, target, new AbortController().signal)).rejects.toMatchObject({
      code: 'BUILD_CONTEXT_INVALID',
      message: expect.stringContaining('more than 100000 entries') as string,
    });

    expect(await readdir(target)).toEqual([]);
    expect(process.memoryUsage().rss - memory).toBeLessThan(200e6);
  });

  test('refuses what is compressed twice, damaged, or no archive', async () => {
    const { signal } = new AbortController();
    const sound = await readFile(await writeArchive([{ path: 'a', content: 'x'.repeat(5000) }]));
    const unsound = [
      gzipSync(sound),
      sound.subarray(0, sound.length - 20),
      Buffer.from('hello'),
      gzipSync('hello'),
    ];
    for (const bytes of unsound) {
      await expect(unpackArchive(await writeBytes(bytes), target, signal)).rejects.toMatchObject({
        code: 'BUILD_CONTEXT_INVALID',
      });
    }
  });

  test('ends when its signal aborts', async () => {
    const path = await writeArchive([{ path: 'a', content: 'x' }]);
    const reason = new Error('enough');

    await expect(unpackArchive(path, target, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

test('an uploaded build context becomes the source, with the version `tar`', async () => {
  await writeFile(join(target, 'text'), 'from here');
  await promisify(execFile)('tar', [
    '-czf',
    join(root, 'context.tar.gz'),
    '--format=pax',
    '-C',
    target,
    'text',
  ]);
  const source = { kind: 'archive' as const, path: join(root, 'context.tar.gz') };
  const { result, warnings } = await runBuilderHere({ ...requestOf(join(root, 'builds'), ''), source });

  expect(result).toMatchObject({ commit: null, gitVersion: 'tar' });
  expect(await readFile(join(result!.sourceDir, 'text'), 'utf8')).toBe('from here');
  expect(warnings).toEqual([]);
});
