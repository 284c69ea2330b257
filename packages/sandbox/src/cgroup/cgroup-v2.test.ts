import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createTemporaryDirectory } from '@racetrack-platform/testing';
import { createCgroupManager } from './cgroup-manager.ts';
import { createV1Tree } from './cgroup-v1.ts';
import { createV2Tree } from './cgroup-v2.ts';
import { prepareV2 } from './prepare-v2.ts';

const ALL = { memory: true, processes: true, cpu: true };
const FILES = {
  'cgroup.procs': '',
  'cgroup.kill': '',
  'cgroup.subtree_control': '',
  'memory.max': 'max',
  'memory.swap.max': 'max',
  'memory.oom.group': '1',
  'memory.current': '5000',
  'memory.stat': 'anon 1\ninactive_file 1000\nactive_file 7\n',
  'memory.events': 'low 0\nmax 12\noom 3\noom_kill 2\n',
  'pids.max': 'max',
  'pids.current': '4',
  'cpu.max': 'max 100000',
  'cpu.stat': 'usage_usec 2500000\nuser_usec 1\n',
};

async function layOut(dir: string, files: Readonly<Record<string, string>> = FILES): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
}

describe('groups of version 2, on plain files laid out like those of the kernel', () => {
  test('writes limits, and takes them back', async () => {
    await using directory = await createTemporaryDirectory();
    const dir = join(directory.path, 'job');
    await layOut(dir);
    const read = async (name: string): Promise<string> => await readFile(join(dir, name), 'utf8');
    // Plain files are not replaced by a shorter text.
    const manager = createCgroupManager(createV2Tree(directory.path, ALL, () => undefined));

    await manager.create('job', { memoryBytes: 268_435_456, processes: 200, cpuMillicores: 1500 });

    expect(await read('memory.max')).toBe('268435456');
    expect(await read('memory.swap.max')).toMatch(/^0/);
    expect(await read('memory.oom.group')).toBe('0');
    expect(await read('pids.max')).toBe('200');
    expect(await read('cpu.max')).toBe('150000 100000');

    await layOut(dir);
    await manager.create('job', { memoryBytes: null, processes: null, cpuMillicores: null });

    expect(await read('memory.max')).toBe('max');
    expect(await read('pids.max')).toBe('max');
    expect(await read('cpu.max')).toBe('max 100000');
  });

  test('reads what is used without the cache that can be dropped, and counts kills, not attempts', async () => {
    await using directory = await createTemporaryDirectory();
    await layOut(join(directory.path, 'job'));
    const manager = createCgroupManager(createV2Tree(directory.path, ALL, () => undefined));

    const group = await manager.open('job');

    expect(await group?.readUsage()).toEqual({ memoryBytes: 4000, cpuSeconds: 2.5, processes: 4 });
    expect(await group?.readOomKills()).toBe(2);
    expect(await manager.list()).toEqual(['job']);
    expect(await manager.open('other')).toBeUndefined();
  });

  test('kills by the kernel’s own switch, with forking stopped, and sets the limit back', async () => {
    await using directory = await createTemporaryDirectory();
    const dir = join(directory.path, 'job');
    await layOut(dir, { ...FILES, 'pids.max': '200' });
    const manager = createCgroupManager(createV2Tree(directory.path, ALL, () => undefined));

    await (await manager.open('job'))?.kill();

    expect(await readFile(join(dir, 'cgroup.kill'), 'utf8')).toBe('1');
    expect(await readFile(join(dir, 'pids.max'), 'utf8')).toBe('200');
  });

  test.each(['../x', 'a/b', '', '.', 'memory.max', 'x'.repeat(200)])('refuses the name %j', async (id) => {
    await using directory = await createTemporaryDirectory();
    const manager = createCgroupManager(createV2Tree(directory.path, ALL, () => undefined));

    await expect(manager.open(id)).rejects.toThrow(TypeError);
  });
});

test('on plain files: groups of the background yield the processors as a whole, by what the kernel offers', async () => {
  await using directory = await createTemporaryDirectory();
  for (const files of [{ 'cpu.idle': '0\n', 'cpu.weight': '7\n' }, { 'cpu.weight': '7\n' }]) {
    const parent = join(directory.path, Object.keys(files).join('-'));
    await layOut(parent, { 'cgroup.subtree_control': '', ...files });
    await createV2Tree(parent, ALL, () => undefined, true).prepare();
  }
  const read = async (path: string): Promise<string> => await readFile(join(directory.path, path), 'utf8');

  expect(await read('cpu.idle-cpu.weight/cpu.idle')).toBe('1\n');
  expect(await read('cpu.idle-cpu.weight/cpu.weight')).toBe('7\n');
  expect(await read('cpu.weight/cpu.weight')).toBe('1\n');
});

test.each([
  ['version 2', 'cpu.weight', '100\n', '010\n'],
  ['version 1', 'cpu.shares', '1024\n', '102\n'],
])(
  'on plain files of %s: groups of the background that starve get a tenth of the usual share, for good',
  async (_version, file, usual, small) => {
    await using directory = await createTemporaryDirectory();
    const parent = join(directory.path, 'builds');
    await layOut(parent, { 'cgroup.subtree_control': '', 'cpu.idle': '0\n', [file]: usual });
    const none = (): undefined => undefined;
    const tree =
      file === 'cpu.weight'
        ? createV2Tree(parent, ALL, none, true)
        : createV1Tree(new Map([['cpu', parent]]), none, true);
    await tree.prepare();
    expect(await readFile(join(parent, 'cpu.idle'), 'utf8')).toBe('1\n');

    await tree.stopYielding();
    // As the kernel shows it: a plain file keeps the rest of a longer text.
    await writeFile(join(parent, file), small);
    await tree.prepare();

    expect(await readFile(join(parent, 'cpu.idle'), 'utf8')).toBe('0\n');
  },
);

describe('preparing version 2, on plain files laid out like those of the kernel', () => {
  const own = new Map([['', '/']]);
  const PLACE = { name: 'rt', isBackground: false };

  test('finds no use in a group without the controllers that matter', async () => {
    await using directory = await createTemporaryDirectory();
    await layOut(directory.path, { 'cgroup.controllers': 'hugetlb\n', 'cgroup.procs': '' });

    expect(await prepareV2([mountOf(directory.path)], own, PLACE)).toMatchObject({
      isAvailable: false,
      remedy: expect.stringContaining('Delegate=yes'),
    });
  });

  test('uses the parent of the leaf that our processes were moved into before', async () => {
    await using directory = await createTemporaryDirectory();
    const service = join(directory.path, 'rt.service');
    const files = {
      'cgroup.controllers': 'cpu memory pids\n',
      'cgroup.subtree_control': 'cpu memory pids\n',
      'cgroup.procs': '',
    };
    await layOut(service, files);
    await layOut(join(service, 'rt'), files);

    const prepared = await prepareV2(
      [mountOf(directory.path)],
      new Map([['', '/rt.service/racetrack-supervisor']]),
      PLACE,
    );

    expect(prepared).toMatchObject({ tree: { parents: [join(service, 'rt')], controllers: ALL } });
  });

  test('moves processes into a leaf where the group is its own, and only there', async () => {
    await using directory = await createTemporaryDirectory();
    const files = {
      'cgroup.controllers': 'memory pids\n',
      'cgroup.subtree_control': '',
      'cgroup.type': 'domain\n',
      'cgroup.procs': '17\n',
    };
    const group = join(directory.path, 'container');
    await layOut(group, files);
    await layOut(join(group, 'racetrack-supervisor'), { 'cgroup.procs': '' });
    await layOut(join(group, 'foreign'), files);
    await layOut(join(group, 'foreign/racetrack-supervisor'), { 'cgroup.procs': '' });
    const leaf = async (dir: string): Promise<string> =>
      await readFile(join(dir, 'racetrack-supervisor/cgroup.procs'), 'utf8');

    await prepareV2([mountOf(group)], own, PLACE);
    await prepareV2([mountOf(group)], new Map([['', '/foreign']]), PLACE);

    expect(await leaf(group)).toBe('17');
    // An ordinary user can only write where somebody has given it the group, so then it is its own.
    expect(await leaf(join(group, 'foreign'))).toBe(process.getuid?.() === 0 ? '' : '17');
  });
});

function mountOf(mountPoint: string): Parameters<typeof prepareV2>[0][number] {
  return { version: 2, controllers: [], root: '/', mountPoint };
}
