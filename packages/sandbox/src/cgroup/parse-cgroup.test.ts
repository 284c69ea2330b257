import { describe, expect, test } from 'vitest';
import { locateCgroup, parseCgroupMounts, parseOwnCgroups } from './parse-cgroup.ts';

describe('parseCgroupMounts', () => {
  test('finds the hierarchies of both versions, and nothing else', () => {
    const text = [
      '31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
      '32 31 0:29 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro shared:9 master:3 - cgroup cgroup rw,cpu,cpuacct',
      String.raw`41 31 0:38 / /sys/fs/with\040space rw,relatime - cgroup2 cgroup2 rw`,
      'garbage',
      '',
    ].join('\n');

    expect(parseCgroupMounts(text)).toEqual([
      {
        version: 1,
        controllers: ['rw', 'cpu', 'cpuacct'],
        root: '/docker/abc',
        mountPoint: '/sys/fs/cgroup/cpu,cpuacct',
      },
      { version: 2, controllers: [], root: '/', mountPoint: '/sys/fs/with space' },
    ]);
  });
});

test('parseOwnCgroups tells the group by controller, and that of version 2 without one', () => {
  const own = parseOwnCgroups('4:memory:/a:b/c\n1:cpu,cpuacct:/\n0::/system.slice/x.service\n');

  expect(Object.fromEntries(own)).toEqual({
    memory: '/a:b/c',
    cpu: '/',
    cpuacct: '/',
    '': '/system.slice/x.service',
  });
});

describe('locateCgroup', () => {
  const mount = { version: 2, controllers: [], mountPoint: '/m' } as const;

  test.each([
    ['the root of the machine', '/', '/', '/m'],
    ['a group of the machine', '/', '/a/b', '/m/a/b'],
    ['the root of a container', '/docker/1', '/docker/1', '/m'],
    ['a group of a container', '/docker/1', '/docker/1/a', '/m/a'],
    ['a group that the container does not see', '/docker/1', '/docker/12/a', undefined],
    ['a group outside of the namespace', '/', '/../a', undefined],
  ])('finds %s', (_title, root, path, expected) => {
    expect(locateCgroup({ ...mount, root }, path)).toBe(expected);
  });
});
