import { describe, expect, test } from 'vitest';
import { createGoFinder, type GoFinderOptions } from './find-go.ts';
import type { GoFacts } from './probe-go.ts';

const signal = new AbortController().signal;

describe('findGo', () => {
  test('takes the go of the search path', async () => {
    expect(await finder({ go: 'go1.26.1' })(signal)).toEqual({
      version: '1.26.1',
      platform: 'linux/amd64',
      root: '/of/go',
      program: '/of/go/bin/go',
    });
  });

  test('a host without Go is told what to install where', async () => {
    await expect(finder({})(signal)).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: 'this host has no go, so it cannot build golang jobs',
      hint: expect.stringContaining('/usr/local/go') as unknown,
    });
  });

  test('an old Go is refused, a development version is not', async () => {
    await expect(finder({ go: 'go1.21.13' })(signal)).rejects.toThrow('Go 1.21.13 of this host is too old');
    expect(await finder({ go: 'devel go1.28-abc' })(signal)).toMatchObject({ version: 'devel go1.28-abc' });
  });

  test('for builds with users of their own one out of reach is passed over', async () => {
    const commands = { '/root/bin/go': 'go1.26.1', '/usr/bin/go': 'go1.22.2' };
    const sharedDirs = ['/root/bin', '/usr/bin'];
    const some = finder(commands, { sharedDirs, isReachable: (path) => path.includes('/usr/') });
    const none = finder(commands, { sharedDirs, isReachable: () => false });

    expect(await some(signal)).toMatchObject({ version: '1.22.2' });
    await expect(none(signal)).rejects.toMatchObject({
      message: expect.stringContaining('Go 1.26.1 of this host is out of reach') as unknown,
      hint: expect.stringContaining('RACETRACK_ISOLATION=off') as unknown,
    });
  });

  test('is asked once a minute, and a missing one each time', async () => {
    let time = 0;
    let asked = 0;
    const find = finder({ go: 'go1.26.1' }, { now: () => time }, () => (asked += 1));

    await find(signal);
    await find(signal);
    time = 60_000;
    await find(signal);

    expect(asked).toBe(2);
  });
});

function finder(
  commands: Readonly<Record<string, string>>,
  options: GoFinderOptions = {},
  onProbe: () => void = () => {},
) {
  return createGoFinder({
    resolve: (path) => path,
    ...options,
    probe: async (command): Promise<GoFacts | undefined> => {
      onProbe();
      const GOVERSION = commands[command];
      const facts = { GOROOT: `/of/${command}`.replace('//', '/'), GOOS: 'linux', GOARCH: 'amd64' };
      return await Promise.resolve(GOVERSION === undefined ? undefined : { GOVERSION, ...facts });
    },
  });
}
