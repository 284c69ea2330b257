import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTemporaryDirectory, type TemporaryDirectory } from '@racetrack-platform/testing';
import { describe, expect, test } from 'vitest';
import { createSystemPackages, type SystemPackageMode } from './system-packages.ts';

const signal = AbortSignal.timeout(30_000);

/** A machine with git whose apt-get knows `known` after its lists were fetched, and nothing else. */
function createMachine(
  { path }: TemporaryDirectory,
  { mode, isRoot = true, hasDpkg = true }: { mode: SystemPackageMode; isRoot?: boolean; hasDpkg?: boolean },
) {
  const state = (name: string): string => join(path, name);
  writeFileSync(state('installed'), 'installed\tgit\tamd64\t1:2.39\t\n');
  const program = (name: string, lines: readonly string[]): void =>
    writeFileSync(state(name), ['#!/bin/sh', `cd ${path}`, ...lines, ''].join('\n'), { mode: 0o755 });
  if (hasDpkg) program('dpkg-query', ['cat installed']);
  program('apt-get', [
    'for last; do :; done',
    'echo "$DEBIAN_FRONTEND $*" >>calls',
    'case "$*" in',
    '  *update*) [ -e busy ] && rm busy && echo "E: Could not get lock /var/lib/apt/lists/lock" && exit 100; touch lists;;',
    '  *) mkdir running || touch overlapped; sleep 0.1; rmdir running',
    '    [ -e lists ] && [ "${last#known}" != "$last" ] || { echo "E: Unable to locate package $last"; exit 100; }',
    '    printf "installed\\t%s\\tamd64\\t1\\t\\n" "$last" >>installed; echo "Setting up $last";;',
    'esac',
  ]);
  const packages = createSystemPackages({ mode, isRoot, env: { PATH: `${path}:/usr/bin:/bin` } });
  const lines: string[] = [];
  return {
    packages,
    lines,
    state,
    ensure: async (...wanted: string[]) => await packages.ensure(wanted, (line) => lines.push(line), signal),
  };
}

describe('system_dependencies that the machine does not have', () => {
  test('check: are refused by name, with the command that installs them', async () => {
    await using directory = await createTemporaryDirectory();
    const { packages, ensure } = createMachine(directory, { mode: 'check' });
    const expected = {
      code: 'SYSTEM_PACKAGES_MISSING',
      message: 'this machine does not have the system_dependencies known, ffmpeg',
      hint: expect.stringContaining('apt-get install --no-install-recommends known ffmpeg') as string,
    };

    await expect(packages.refuseMissing(['git', 'known', 'ffmpeg'])).rejects.toMatchObject(expected);
    await expect(ensure('known', 'ffmpeg')).rejects.toMatchObject({ code: 'SYSTEM_PACKAGES_MISSING' });

    expect(await packages.refuseMissing(['git'])).toEqual([]);
  });

  test('check: are a warning where nothing can tell', async () => {
    await using directory = await createTemporaryDirectory();
    writeFileSync(join(directory.path, 'dpkg-query'), '#!/bin/sh\nexit 2\n', { mode: 0o755 });
    const { packages, ensure } = createMachine(directory, { mode: 'check', hasDpkg: false });

    expect(await packages.refuseMissing(['known'])).toEqual([expect.stringContaining('known')]);
    await ensure('known');
  });

  test('install: are installed, one build at a time, after the lists were fetched', async () => {
    await using directory = await createTemporaryDirectory();
    const { packages, ensure, lines, state } = createMachine(directory, { mode: 'install' });

    expect(await packages.refuseMissing(['known'])).toEqual([]);
    await Promise.all([ensure('known'), ensure('known2'), ensure('known')]);

    expect(lines).toContain('Setting up known2');
    expect(existsSync(state('overlapped'))).toBe(false);
    const calls = readFileSync(state('calls'), 'utf8');
    expect(calls).toMatch(/^noninteractive --yes .*--no-remove .*install -- known$/m);
    expect(calls.match(/update$/gm)).toHaveLength(1);
  });

  test('install: what cannot be installed fails the build, with the words of apt-get', async () => {
    await using directory = await createTemporaryDirectory();
    const { ensure } = createMachine(directory, { mode: 'install' });

    await expect(ensure('nothing')).rejects.toMatchObject({
      code: 'BUILD_FAILED',
      message: 'system_dependencies could not be installed: Unable to locate package nothing',
    });
  });

  test('install: nothing that apt-get could read as something else gets to it', async () => {
    await using directory = await createTemporaryDirectory();
    const { packages, ensure, state } = createMachine(directory, { mode: 'install' });

    await expect(packages.refuseMissing(['libc6-'])).rejects.toMatchObject({
      code: 'SYSTEM_PACKAGES_MISSING',
    });
    await expect(ensure('libc6-')).rejects.toMatchObject({ code: 'SYSTEM_PACKAGES_MISSING' });
    expect(existsSync(state('calls'))).toBe(false);
  });

  test('install: an ordinary user is told what to install', async () => {
    await using directory = await createTemporaryDirectory();
    const { packages } = createMachine(directory, { mode: 'install', isRoot: false });

    await expect(packages.refuseMissing(['known'])).rejects.toMatchObject({
      code: 'SYSTEM_PACKAGES_MISSING',
    });
  });

  test('ignore: are nobody’s business', async () => {
    await using directory = await createTemporaryDirectory();
    const { packages, ensure } = createMachine(directory, { mode: 'ignore' });

    expect(await packages.refuseMissing(['known'])).toEqual([]);
    await ensure('known');
  });
});
