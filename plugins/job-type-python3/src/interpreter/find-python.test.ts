import { describe, expect, test } from 'vitest';
import { createPythonFinder } from './find-python.ts';
import type { PythonFacts } from './probe-python.ts';

const signal = new AbortController().signal;

describe('findPython', () => {
  test('without a version it is the python3 of the host, and its pip serves', async () => {
    const find = createPythonFinder({ probe: hostWith({ python3: '3.12.1' }) });

    expect(await find(undefined, signal)).toMatchObject({ version: '3.12.1', pip: 'host' });
  });

  test('a version is looked for under its own name first', async () => {
    const find = createPythonFinder({ probe: hostWith({ python3: '3.12.1', 'python3.10': '3.10.13' }) });

    expect(await find('3.10', signal)).toMatchObject({ version: '3.10.13' });
    expect(await find('3.12', signal)).toMatchObject({ version: '3.12.1' });
  });

  test('a version that is not there is refused with those that are', async () => {
    const find = createPythonFinder({ probe: hostWith({ python3: '3.12.1', 'python3.10': '3.10.13' }) });

    await expect(find('3.9', signal)).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: 'this host has no Python 3.9; it has 3.12.1, 3.10.13',
    });
  });

  test('a host without Python is told what to install', async () => {
    const find = createPythonFinder({ probe: hostWith({}) });

    await expect(find(undefined, signal)).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      hint: expect.stringContaining('Install Python 3.9') as unknown,
    });
  });

  test.each([
    ['an old Python', { version: '3.8.18' }, 'Python 3.8.18 of this host is too old'],
    ['no venv', { hasVenv: false }, 'has no venv module'],
    ['neither pip nor ensurepip', { pipVersion: null, hasEnsurepip: false }, 'has no pip module'],
  ])('refuses %s', async (_title, facts, message) => {
    const find = createPythonFinder({
      probe: async () => await Promise.resolve(factsOf('3.11.7', facts)),
    });

    await expect(find(undefined, signal)).rejects.toThrow(message);
  });

  test.each([
    ['22.3', 'host'],
    ['22.2.2', 'own'],
    [null, 'own'],
  ])('with pip %s the %s pip installs', async (pipVersion, pip) => {
    const find = createPythonFinder({
      probe: async () => await Promise.resolve(factsOf('3.11.7', { pipVersion })),
    });

    expect(await find(undefined, signal)).toMatchObject({ pip });
  });

  test('for jobs with users of their own an interpreter out of reach is passed over', async () => {
    const host = hostWith({ '/root/bin/python3': '3.13.1', '/usr/bin/python3': '3.11.2' });
    const options = { probe: host, sharedDirs: ['/root/bin', '/usr/bin'] };
    const reachable = createPythonFinder({ ...options, isReachable: (path) => path.endsWith('3.11') });
    const none = createPythonFinder({ ...options, isReachable: () => false });

    expect(await reachable(undefined, signal)).toMatchObject({ version: '3.11.2' });
    await expect(reachable('3.13', signal)).rejects.toThrow('Python 3.13.1 of this host is out of reach');
    await expect(none(undefined, signal)).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      hint: expect.stringContaining('RACETRACK_ISOLATION=off') as unknown,
    });
  });

  test('facts are believed for a minute, and a missing command never', async () => {
    let time = 0;
    const asked: string[] = [];
    const host = hostWith({ python3: '3.11.7' });
    const find = createPythonFinder({
      now: () => time,
      probe: async (command) => {
        asked.push(command);
        return await host(command);
      },
    });

    await find('3.11', signal);
    await find('3.11', signal);
    time = 60_000;
    await find('3.11', signal);

    expect(asked).toEqual(['python3.11', 'python3', 'python3.11', 'python3.11', 'python3']);
  });
});

function hostWith(commands: Readonly<Record<string, string>>) {
  return async (command: string): Promise<PythonFacts | undefined> => {
    const version = commands[command];
    return await Promise.resolve(version === undefined ? undefined : factsOf(version));
  };
}

function factsOf(version: string, overrides: Partial<PythonFacts> = {}): PythonFacts {
  const chosen = overrides.version ?? version;
  const [major = 0, minor = 0] = chosen.split('.').map(Number);
  return {
    major,
    minor,
    version: chosen,
    implementation: 'cpython',
    platform: 'linux-x86_64',
    libc: '',
    executable: `/usr/bin/python${major}.${minor}`,
    pipVersion: '23.0',
    hasVenv: true,
    hasEnsurepip: true,
    ...overrides,
  };
}
