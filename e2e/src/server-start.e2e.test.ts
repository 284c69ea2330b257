import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRepository, pythonManifest } from './support/job-repository.ts';
import { findProcesses } from './support/processes.ts';
import { ADMIN_PASSWORD, Platform } from './support/platform.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const LAUNCHER = join(repository, 'apps/server/src/main.ts');

interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

let platform: Platform;

beforeAll(async () => {
  platform = await Platform.start();
  await platform.login();
  const source = await createRepository(join(platform.directory, 'adder'), {
    'job.py': 'class Adder:\n    def perform(self, x, y):\n        return x + y\n',
    'job.yaml': pythonManifest({
      name: 'adder',
      version: '1.0.0',
      remote: join(platform.directory, 'adder'),
    }),
  });
  expect(await platform.cli(['deploy', source])).toMatchObject({ code: 0 });
});

afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

describe('files, after a deployment', () => {
  test('none can be written by others, and what is private can be read by its owner alone', () => {
    const entries = listTree(platform.dataDir);
    const shown = entries.map(({ name, mode }) => `${name} ${(mode & 0o777).toString(8)}`);
    const writable = entries.filter(({ mode, isLink }) => !isLink && (mode & 0o002) !== 0);
    const exposed = entries.filter(({ name, mode }) => isPrivate(name) && (mode & 0o077) !== 0);

    expect(entries.length).toBeGreaterThan(30);
    expect(writable.map(({ name }) => name)).toEqual([]);
    expect(exposed.map(({ name }) => name)).toEqual([]);
    expect(shown).toContain('keys/auth.key 600');
    expect(shown).toContain('store/racetrack.db 600');
  });

  test('whoever is neither owner nor job cannot list the data directory, and jobs own nothing but their homes and data', () => {
    const { mode } = statSync(platform.dataDir);
    const uid = process.getuid?.() ?? 0;
    const foreign = listTree(platform.dataDir).filter((entry) => entry.uid !== uid);

    expect(mode & 0o066).toBe(0);
    const owned = /^(?:run|instances|builds|job-data)\//;
    expect(foreign.map(({ name }) => name).filter((name) => !owned.test(name))).toEqual([]);
  });
});

describe('a second server', () => {
  test('on the same data directory leaves with code 3, names the first, and harms nothing', async () => {
    const outcome = await start([]);

    expect(outcome.code).toBe(3);
    expect(outcome.output).toContain(`is used by process ${platform.launcherPid}`);
    expect(await call()).toBe(42);
  });

  test('on another directory, with the port of this pub, names the port and who has it', async () => {
    const { port } = new URL(platform.endpoints.pub);
    const dataDir = join(platform.directory, 'other');
    const outcome = await start(['--pub-port', port], dataDir);

    expect(outcome.code).toBe(5);
    expect(outcome.output).toContain(`port ${port} of 127.0.0.1, --pub-port (RACETRACK_PUB_PORT), is taken`);
    expect(outcome.output).toMatch(process.platform === 'linux' ? /by process \d+ \(/ : /is taken/);
    // What a script would trip over; an empty lock of the kernel's may stay.
    expect(readdirSync(dataDir).filter((name) => !['lock.takeover', 'logs'].includes(name))).toEqual([]);
    expect(await findProcesses(dataDir)).toEqual([]);
  });
});

describe('racetrack-server doctor', () => {
  test('beside the running platform finds everything in order', async () => {
    const outcome = await run(['--data-dir', platform.dataDir, 'doctor']);

    expect(outcome.output).toContain(`process ${platform.launcherPid} holds it`);
    expect(outcome.output).toContain(`${platform.endpoints.pub}/ready answers`);
    expect(outcome.output).toContain(`${platform.endpoints.lifecycle}/ready answers`);
    expect(outcome.output).toContain('the secrets key fits');
    expect([outcome.code, outcome.output]).toEqual([0, expect.stringContaining(', 0 failed')]);
  });
});

describe('keys beside a store with data', () => {
  beforeAll(async () => {
    await platform.stop();
  });

  test.each([
    ['auth.key', 'is gone', undefined, 'is missing'],
    ['auth.key', 'is another one', 'another-key-0123456789abcdef', 'is not the key of this store'],
    ['secrets.key', 'was cut off', 'cut', 'is not the key of this store'],
    ['secrets.key', 'is empty', '', 'is not the key of this store'],
  ])(
    '%s %s: the start is refused with a hint, and no key is made or changed',
    async (name, _, text, message) => {
      const file = join(platform.dataDir, 'keys', name);
      const original = readFileSync(file);
      if (text === undefined) renameSync(file, `${platform.directory}/aside`);
      else writeFileSync(file, text === 'cut' ? original.subarray(0, 20) : text);
      try {
        const before = listKeys();
        const outcome = await start([]);

        expect(outcome.output).toContain(message);
        expect(outcome.output).toMatch(/Restore the file from a backup, or pass the key in RACETRACK_/);
        expect(outcome.code).toBe(70);
        expect(listKeys()).toEqual(before);
        const left = readdirSync(platform.dataDir);
        expect(left).not.toContain('lock');
        expect(left).not.toContain('endpoints.json');
      } finally {
        writeFileSync(file, original, { mode: 0o600 });
      }
    },
  );

  test('another key from outside is refused, saying which one fits', async () => {
    const outcome = await start([], platform.dataDir, { RACETRACK_AUTH_KEY: 'another-key-0123456789abcdef' });

    expect(outcome.code).toBe(70);
    expect(outcome.output).toContain('The one in the file fits the store: leave out RACETRACK_AUTH_KEY.');
    expect(outcome.output).not.toContain('another-key');
  });

  test('with its keys back the platform starts, and its jobs with it', async () => {
    await platform.boot();

    await expect.poll(call, { timeout: 60_000 }).toBe(42);
  });
});

async function call(): Promise<unknown> {
  const token = await platform.login();
  return await (await platform.call('adder/latest/api/v1/perform', token, { x: 40, y: 2 })).json();
}

async function start(
  flags: readonly string[],
  dataDir = platform.dataDir,
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const ports = ['--lifecycle-port', '0', '--dashboard-port', '0', '--pub-port', '0'];
  return await run(['--data-dir', dataDir, ...ports, ...flags], env);
}

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const child = spawn(process.execPath, [LAUNCHER, ...args], {
    cwd: repository,
    env: { ...process.env, RACETRACK_ADMIN_PASSWORD: ADMIN_PASSWORD, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

function listKeys(): string[] {
  const folder = join(platform.dataDir, 'keys');
  return readdirSync(folder).map((name) => `${name}: ${readFileSync(join(folder, name), 'utf8')}`);
}

/** Paths that hold what nobody else may see. */
function isPrivate(name: string): boolean {
  return /^(keys|store|pub|logs|uploads)(\/|$)|^(lock|lock\.takeover|host-id|endpoints\.json)$/.test(name);
}

function listTree(folder: string) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const found = lstatSync(join(folder, name), { throwIfNoEntry: false });
    return found === undefined
      ? []
      : [{ name, mode: found.mode, uid: found.uid, isLink: found.isSymbolicLink() }];
  });
}
