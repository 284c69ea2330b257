import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LauncherHarness, type Launcher } from './testing/launcher-harness.ts';

const isRoot = process.getuid?.() === 0;
const canMount = isRoot && process.platform === 'linux' && canRun('mount', ['--version']);

let harness: LauncherHarness;
let dataDir: string;

beforeEach(() => {
  harness = new LauncherHarness();
  ({ dataDir } = harness);
});

afterEach(async () => {
  await harness.close();
});

describe('a port that is taken', () => {
  let server: Server;
  let port: string;

  beforeEach(async () => {
    server = createServer();
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    port = String((server.address() as AddressInfo).port);
  });

  afterEach(() => void server.close());

  test.each([
    ['--lifecycle-port', 'RACETRACK_LIFECYCLE_PORT'],
    ['--dashboard-port', 'RACETRACK_DASHBOARD_PORT'],
    ['--pub-port', 'RACETRACK_PUB_PORT'],
  ])('%s: says which, by which setting and who has it; nothing was started', async (flag, variable) => {
    const startedAt = Date.now();
    await harness.launch([], {}, ['--help']).exited;
    const helpMs = Date.now() - startedAt;
    const launcher = harness.launch([...anyPorts(), flag, port]);

    expect(await launcher.exited).toEqual({ code: 5, signal: null });
    // On a machine that is busy with other things everything takes longer, the help too.
    expect(Date.now() - startedAt - helpMs).toBeLessThan(Math.max(3_000, 3 * helpMs));
    expect(launcher.stderr()).toContain(`port ${port} of 127.0.0.1, ${flag} (${variable}), is taken`);
    expect(launcher.stderr()).toContain(
      process.platform === 'linux' ? `by process ${process.pid} (` : 'is taken',
    );
    expectNothingStarted();
  });
});

describe('an address that is not to be had', () => {
  test('of another machine: says which setting', async () => {
    const launcher = harness.launch([...anyPorts(), '--host', '192.0.2.1']);

    expect(await launcher.exited).toEqual({ code: 2, signal: null });
    expect(launcher.stderr()).toContain('of 192.0.2.1 (--host (RACETRACK_HOST))');
    expectNothingStarted();
  });
});

describe('a data directory that cannot be used', () => {
  test('a file in its place', async () => {
    writeFileSync(dataDir, 'precious');

    expect(await findEnd(harness.launch())).toEqual(
      refusal(2, `the data directory ${dataDir} cannot be made`),
    );
    expect(readFileSync(dataDir, 'utf8')).toBe('precious');
  });

  test.each(['keys', 'store', 'run', 'logs', 'builds', 'instances'])(
    'a file where %s should be',
    async (name) => {
      mkdirSync(dataDir, { mode: 0o700 });
      writeFileSync(path.join(dataDir, name), 'precious', { mode: 0o600 });

      expect(await findEnd(harness.launch())).toEqual(
        refusal(70, `${path.join(dataDir, name)} is not a directory`),
      );
      expect(readdirSync(dataDir)).toEqual([name]);
    },
  );

  test('a path that is too long for sockets', async () => {
    const deep = path.join(harness.folder, 'd'.repeat(100));
    const launcher = harness.launch([], {}, ['--data-dir', deep]);

    expect(await findEnd(launcher)).toEqual(refusal(2, 'the path of a socket has at most 10'));
    expect(launcher.stderr()).toContain('shorter path');
    expect(readdirSync(deep)).toEqual([]);
  });

  test.skipIf(!canMount)('a read-only file system (needs root on Linux)', async () => {
    const launcher = await withMount('size=64m', async () => {
      execFileSync('mount', ['-o', 'remount,ro', dataDir]);
      const started = harness.launch();
      await started.exited;
      return started;
    });

    expect(await findEnd(launcher)).toEqual(refusal(70, 'read-only file system'));
    expect(launcher.stderr()).toContain('--data-dir');
  });

  test.skipIf(!canMount)('a full file system (needs root on Linux)', async () => {
    await withMount('size=4m', async () => {
      expect(await findEnd(harness.launch())).toEqual(refusal(5, `the file system of ${dataDir} is full`));
      expect(readdirSync(dataDir)).toEqual([]);
    });
  });

  test.skipIf(!canMount)('a file system without room for another file (needs root on Linux)', async () => {
    await withMount('size=64m,nr_inodes=2', async () => {
      writeFileSync(path.join(dataDir, 'last'), '');

      expect(await findEnd(harness.launch())).toEqual(refusal(5, 'it has room for no further file'));
      expect(readdirSync(dataDir)).toEqual(['last']);
    });
  });

  test('a folder without the right to write', async (context) => {
    context.skip(isRoot, 'root may write everywhere');
    mkdirSync(dataDir, { mode: 0o500 });

    expect(await findEnd(harness.launch())).toEqual(refusal(70, 'permission denied'));
  });
});

describe('files that are not safe to use', () => {
  beforeEach(() => {
    for (const folder of ['', 'keys', 'store', 'logs'])
      mkdirSync(path.join(dataDir, folder), { mode: 0o700 });
    writeFileSync(path.join(dataDir, 'keys/auth.key'), 'a key', { mode: 0o600 });
    writeFileSync(path.join(dataDir, 'store/racetrack.db'), 'rows', { mode: 0o600 });
    writeFileSync(path.join(dataDir, 'host-id'), 'an id', { mode: 0o600 });
  });

  test('a key that others can read is refused with the command that helps, and left as it is', async () => {
    const key = path.join(dataDir, 'keys/auth.key');
    chmodSync(key, 0o640);
    const launcher = harness.launch();

    expect(await findEnd(launcher)).toEqual(refusal(70, `${key} is open to other users (mode 0640)`));
    expect(launcher.stderr()).toContain(`chmod 600 ${key}`);
    expect(statSync(key).mode & 0o777).toBe(0o640);
  });

  test('our directories and files with a wrong mode are put right, and it is said', async () => {
    chmodSync(path.join(dataDir, 'keys'), 0o755);
    chmodSync(path.join(dataDir, 'store/racetrack.db'), 0o644);
    chmodSync(path.join(dataDir, 'host-id'), 0o666);
    const launcher = harness.launch();
    await launcher.untilReady();

    expect(modeOf('keys')).toBe(0o700);
    expect(modeOf('store/racetrack.db')).toBe(0o600);
    expect(modeOf('host-id')).toBe(0o600);
    expect(launcher.stderr()).toContain(
      `${path.join(dataDir, 'keys')} was open to other users (mode 0755): now 0700`,
    );
  });

  test.each(['keys', 'keys/auth.key', 'store', 'store/racetrack.db', 'host-id', 'endpoints.json'])(
    'a link where %s should be is refused',
    async (name) => {
      const target = path.join(harness.folder, 'elsewhere');
      const file = path.join(dataDir, name);
      if (existsSync(file)) execFileSync('mv', [file, target]);
      else writeFileSync(target, 'precious');
      symlinkSync(target, file);

      expect(await findEnd(harness.launch())).toEqual(refusal(70, `${file} is a symbolic link`));
    },
  );

  test.skipIf(!isRoot)('a key of another user is refused (needs root)', async () => {
    chownSync(path.join(dataDir, 'keys/auth.key'), 1_879_048_192, 0);

    expect(await findEnd(harness.launch())).toEqual(
      refusal(70, 'keys/auth.key belongs to another user (number 1879048192)'),
    );
  });

  test('builds on another disk, by a link, are fine', async () => {
    mkdirSync(path.join(harness.folder, 'large-disk'), { mode: 0o700 });
    symlinkSync(path.join(harness.folder, 'large-disk'), path.join(dataDir, 'builds'));

    const launcher = harness.launch();
    await launcher.untilReady();

    expect(launcher.stderr()).not.toContain('builds');
  });
});

describe('settings that cannot be meant', () => {
  test.each([
    ['relative/feed.sock', 'has to be an absolute path'],
    [path.join(import.meta.dirname, 'settings.ts'), 'something that is no socket is there'],
  ])('RACETRACK_FEED=%s is refused, and what is there is kept', async (feed, problem) => {
    expect(await findEnd(harness.launch([], { RACETRACK_FEED: feed }))).toEqual(refusal(2, problem));
    expect(existsSync(path.join(import.meta.dirname, 'settings.ts'))).toBe(true);
  });

  test('a variable with a typo is pointed out', async () => {
    const launcher = harness.launch([], { RACETRACK_PUBPORT: '1' });
    await launcher.untilReady();

    expect(launcher.stderr()).toContain('RACETRACK_PUBPORT is no setting: did you mean RACETRACK_PUB_PORT?');
  });
});

function anyPorts(): string[] {
  return ['--lifecycle-port', '0', '--dashboard-port', '0', '--pub-port', '0'];
}

/** How a start ended, as far as every refusal is the same. */
async function findEnd(launcher: Launcher) {
  const { code } = await launcher.exited;
  const stderr = launcher.stderr();
  return { code, stderr, hasStack: /^ +at /m.test(stderr), events: harness.events() };
}

function refusal(code: number, message: string) {
  return { code, stderr: expect.stringContaining(message), hasStack: false, events: [''] };
}

function expectNothingStarted(): void {
  expect(harness.events()).toEqual(['']);
  expect(readdirSync(dataDir)).toEqual([]);
}

function modeOf(name: string): number {
  return statSync(path.join(dataDir, name)).mode & 0o777;
}

async function withMount<T>(options: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dataDir, { mode: 0o700 });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `${options},mode=700`, 'none', dataDir]);
  try {
    return await work();
  } finally {
    execFileSync('umount', [dataDir]);
  }
}

function canRun(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
