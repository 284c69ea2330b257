import { describe, expect, test } from 'vitest';
import { buildZip, MANIFEST, VALID, type ZipEntry } from '../testing/build-zip.ts';
import { ARCHIVE_LIMITS, type ArchiveLimits } from './limits.ts';
import { readPluginArchive } from './open-archive.ts';

const SMALL: ArchiveLimits = {
  archiveBytes: 64 * 1024,
  fileBytes: 4_000_000,
  totalBytes: 5_000_000,
  entries: 20,
  ratio: 200,
  pathBytes: 100,
  depth: 5,
};

async function read(archive: Buffer, limits: ArchiveLimits = ARCHIVE_LIMITS) {
  return await readPluginArchive(archive, { source: 'p.zip', limits });
}

async function problemsOf(entries: readonly ZipEntry[], limits?: ArchiveLimits): Promise<string> {
  const error: unknown = await read(buildZip([...VALID, ...entries]), limits).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: 'PLUGIN_INVALID', hint: expect.any(String) });
  return error instanceof Error ? error.message : '';
}

describe('a plugin archive', () => {
  test('shows its manifest, its files and the digest of its bytes', async () => {
    const archive = await read(buildZip(VALID));

    expect(archive.manifest).toEqual({
      name: 'sample',
      version: '1.0.0',
      build_date: null,
      url: null,
      priority: 0,
      category: null,
      components: [],
      racetrack: null,
    });
    expect(archive).toMatchObject({
      entryPoint: 'plugin.py',
      digest: expect.stringMatching(/^[\da-f]{64}$/),
    });
    expect(archive.files.map(({ path }) => path)).toEqual(['plugin-manifest.yaml', 'plugin.py']);
    expect((await archive.readFile('plugin.py')).toString()).toBe('class Plugin:\n    pass\n');
  });

  test('is read as other programs write it: deflated, with folders, with ./ in front, UTF-8 without saying so', async () => {
    const archive = await read(
      buildZip([
        { name: './' },
        { name: './plugin-manifest.yaml', data: MANIFEST, method: 8 },
        { name: './plugin.py', data: 'class Plugin: ...', mode: 0 },
        { name: './templates/', mode: 0o040755 },
        { name: './templates/größe.txt', data: 'x'.repeat(5_000), method: 8 },
      ]),
    );

    expect(archive.files.map(({ path }) => path)).toContain('templates/größe.txt');
    expect(await archive.readFile('templates/größe.txt')).toHaveLength(5_000);
  });

  test.each<readonly [string, ZipEntry, string]>([
    ['a path that climbs', { name: '../evil' }, '"../evil" leads out of the archive'],
    ['a path that climbs inside', { name: 'a/../../evil' }, '"a/../../evil" leads out of the archive'],
    ['an absolute path', { name: '/etc/evil' }, '"/etc/evil" is an absolute path'],
    ['a lone slash', { name: '/' }, '"/" is an absolute path'],
    ['a backslash', { name: 'a\\evil' }, String.raw`"a\\evil" has a backslash in its name`],
    ['a drive letter', { name: 'C:evil' }, '"C:evil" begins with a drive letter'],
    ['an empty name', { name: '' }, '"" has an empty part in its path'],
    ['an empty part', { name: 'a//b' }, '"a//b" has an empty part in its path'],
    ['a dot in between', { name: 'a/./b' }, '"a/./b" has an empty part in its path'],
    ['a NUL', { name: 'a\u0000b' }, String.raw`"a\u0000b" has a control character in its name`],
    ['a line end', { name: 'a\nb' }, String.raw`"a\nb" has a control character in its name`],
    ['bytes that are no UTF-8', { name: Buffer.from([0x61, 0xff]) }, '"aÿ" has a name that is not UTF-8'],
    ['a name twice', { name: 'plugin.py' }, '"plugin.py" is there twice'],
    [
      'a name in another case',
      { name: 'PLUGIN.py' },
      '"PLUGIN.py" is the same file as "plugin.py" on some systems',
    ],
    ['a file as a folder', { name: 'plugin.py/x' }, '"plugin.py/x" is a file and a folder at once'],
    ['a symbolic link', { name: 'l', data: '/etc', mode: 0o120777 }, '"l" is a symbolic link'],
    ['a device', { name: 'd', mode: 0o020666 }, '"d" is a device, pipe or socket'],
    ['a pipe', { name: 'p', mode: 0o010666 }, '"p" is a device, pipe or socket'],
    [
      'a folder that calls itself a file',
      { name: 'x/', mode: 0o100644 },
      '"x/" is a file and a folder at once',
    ],
    ['a folder with data', { name: 'x/', data: 'x', mode: 0 }, '"x/" is a folder with content of its own'],
    [
      'an encrypted file',
      { name: 'x', data: 'x'.repeat(20), flags: 1 },
      'is damaged: compressed/uncompressed size mismatch',
    ],
    ['an encrypted deflated file', { name: 'x', data: 'x', method: 8, flags: 1 }, '"x" is encrypted'],
    ['strong encryption', { name: 'x', data: 'x', flags: 0x40 }, 'p.zip: is encrypted'],
    [
      'a strange packing',
      { name: 'x', data: 'x', method: 12 },
      '"x" is packed in a way (12) that is not read here',
    ],
    ['two names', { name: 'x', localName: 'y', data: 'x' }, '"x" has another name in front of its data'],
    [
      'shared data',
      { name: 'plugin.py2', reusesPrevious: true },
      '"plugin.py2" has another name in front of its data',
    ],
    [
      'a bomb',
      { name: 'x', data: Buffer.alloc(3_000_000), method: 8 },
      '"x" grows more than 200 times when unpacked',
    ],
    ['a large file', { name: 'x', data: 'x', bytes: 5_000_001, method: 8 }, '"x" has 4.8 MiB when unpacked'],
    ['a deep path', { name: 'a/b/c/d/e/f' }, '"a/b/c/d/e/f" lies deeper than 5 folders'],
    ['a long path', { name: `${'a'.repeat(60)}/${'b'.repeat(60)}` }, 'has a path longer than 100 bytes'],
  ])('is refused for %s', async (_title, entry, problem) => {
    expect(await problemsOf([entry], SMALL)).toContain(problem);
  });

  test('is refused for letters that Unicode writes in two ways', async () => {
    expect(await problemsOf([{ name: 'caf\u00e9' }, { name: 'cafe\u0301' }])).toContain(
      'is the same file as',
    );
  });

  test('is refused for entries that share their bytes', async () => {
    const data = 'x'.repeat(50);
    const twice = buildZip([
      ...VALID,
      { name: 'a', data },
      { name: 'b', localName: 'a', data, reusesPrevious: true },
    ]);

    await expect(read(twice)).rejects.toThrow('has entries that share the same bytes, as only ZIP bombs do');
  });

  test('is refused for what all files have together', async () => {
    const zeros = { data: Buffer.alloc(900_000), method: 8 };
    const entries = Array.from({ length: 7 }, (_, index) => ({ ...zeros, name: `z${index}` }));

    expect(await problemsOf(entries, SMALL)).toBe(
      'p.zip: holds 6 MiB when unpacked; at most 4.8 MiB are allowed',
    );
  });

  test('is refused for too many entries, before they are read', async () => {
    await expect(read(buildZip(VALID, { entryCount: 60_000 }))).rejects.toThrow(
      'p.zip: holds 60000 entries; at most 10000 are allowed',
    );
  });

  test('is refused for its own size', async () => {
    const large = buildZip([...VALID, { name: 'x', data: Buffer.alloc(70_000) }]);

    await expect(read(large, SMALL)).rejects.toThrow('p.zip: is larger than 65536 bytes');
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['a text', Buffer.from('no zip at all')],
    ['a ZIP without its end', buildZip(VALID).subarray(0, -10)],
  ])('is refused for %s', async (_title, archive) => {
    await expect(read(archive)).rejects.toThrow('p.zip: File is not a zip file, or its end is missing');
  });

  test('names all problems at once', async () => {
    const problems = await problemsOf([{ name: '../a' }, { name: '/b' }, { name: 'c', mode: 0o120777 }]);

    expect(problems.split('\n')).toEqual([
      'p.zip: "../a" leads out of the archive',
      'p.zip: "/b" is an absolute path',
      'p.zip: "c" is a symbolic link',
    ]);
  });

  test.each<readonly [string, readonly ZipEntry[], string]>([
    [
      'without a manifest',
      VALID.slice(1),
      'plugin manifest file was not found in the archive; plugin-manifest.yaml has to lie at its top',
    ],
    [
      'with everything in one folder',
      VALID.map((entry) => ({ ...entry, name: `repo-1.0/${entry.name.toString()}` })),
      'there is one in "repo-1.0": pack the content of that folder, not the folder',
    ],
    [
      'without an entry point',
      VALID.slice(0, 1),
      'plugin.py file was not found in a plugin directory, nor one of plugin.js, plugin.mjs, plugin.ts',
    ],
    ['with two entry points', [...VALID, { name: 'plugin.js' }], 'plugin.js and plugin.py are both there'],
    [
      'with a wrong manifest',
      [{ name: 'plugin-manifest.yaml', data: 'name: a/b' }, ...VALID.slice(1)],
      'p.zip/plugin-manifest.yaml:1: name: "a/b" is not a name for a plugin',
    ],
    [
      'with a manifest that is no text',
      [{ name: 'plugin-manifest.yaml', data: Buffer.from([0xff]) }, ...VALID.slice(1)],
      'is not a text in UTF-8',
    ],
  ])('is refused %s', async (_title, entries, problem) => {
    await expect(read(buildZip(entries))).rejects.toThrow(problem);
  });

  test.each<readonly [string, Partial<ZipEntry>, string]>([
    ['more than declared', { bytes: 3, method: 8 }, 'is larger than the 3 bytes that it declares'],
    ['less than declared', { bytes: 300, method: 8 }, 'has 10 bytes, not the 300 that it declares'],
    ['a wrong checksum', { crc: 1 }, 'does not fit its checksum'],
  ])('is refused when a file unpacks to %s', async (_title, lie, problem) => {
    const archive = await read(buildZip([...VALID, { name: 'lie', data: '0123456789', ...lie }]));

    await expect(archive.readFile('lie')).rejects.toMatchObject({
      code: 'PLUGIN_INVALID',
      message: expect.stringContaining(problem),
    });
  });

  test('may hold further manifests deeper inside, as the original allows', async () => {
    await expect(read(buildZip([...VALID, { name: 'x/plugin-manifest.yaml' }]))).resolves.toBeDefined();
  });
});
