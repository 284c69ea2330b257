import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findProcessIdentity } from './lock/process-identity.ts';

const FAKE_SERVER = path.join(import.meta.dirname, 'testing/fake-server.ts');
const FAKE_ROLE = path.join(import.meta.dirname, 'testing/fake-role.ts');

let folder: string;
let dataDir: string;
let started: Launcher[];

beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'racetrack-launcher-')));
  dataDir = path.join(folder, 'data');
  started = [];
  for (const role of ['pub', 'control']) {
    writeFileSync(path.join(folder, `${role}.ts`), `import ${JSON.stringify(FAKE_ROLE)};\n`);
  }
  writeFileSync(path.join(folder, 'events'), '');
});

afterEach(async () => {
  for (const launcher of started) launcher.child.kill('SIGKILL');
  await Promise.all(started.map((launcher) => launcher.exited));
  await until(() => areGone(rolePids()));
  rmSync(folder, { recursive: true, force: true });
});

describe('racetrack-server', () => {
  test('starts pub, then control with the address that pub has found, and says where everything is', async () => {
    const launcher = launch(['--pub-port', '0'], { RACETRACK_ADMIN_PASSWORD: 'secret' });
    await launcher.untilReady();

    expect(launcher.stdout()).toContain('The password of admin is xyz.');
    expect(launcher.stdout()).toMatch(/Racetrack 9\.9\.9 is ready after [\d.]+ s/);
    expect(launcher.stdout()).toContain('http://127.0.0.1:40001/pub/job/NAME/VERSION');
    expect(JSON.parse(readFileSync(path.join(dataDir, 'endpoints.json'), 'utf8'))).toEqual({
      lifecycle: 'http://127.0.0.1:40002',
      dashboard: 'http://127.0.0.1:40003',
      pub: 'http://127.0.0.1:40001',
    });
    expect(events()[0]).toMatch(/^pub start \d+ pub-port=0 password=$/);
    expect(events()[1]).toMatch(/^control start \d+ pub-port=40001 password=secret$/);
    expect(events()[2]).toBe('control external-pub-url=http://127.0.0.1:40001/pub');
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  });

  test('keeps all log lines in a file and shows only warnings, in short form', async () => {
    const launcher = launch();
    await launcher.untilReady();
    await until(() => launcher.stderr().includes('control'));

    expect(launcher.stderr()).toMatch(/warn {2}pub {6}disk almost full \(percent=97\)/);
    expect(launcher.stderr()).not.toContain('just information');
    expect(readFileSync(path.join(dataDir, 'logs/pub.log'), 'utf8')).toContain('just information');
  });

  test('sends raw records to stderr with RACETRACK_LOG=json, and writes no files', async () => {
    const launcher = launch([], { RACETRACK_LOG: 'json' });
    await until(() => launcher.stderr().includes('the platform is ready'));

    const records = launcher
      .stderr()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string });
    expect(records.map(({ msg }) => msg)).toContain('just information');
    expect(existsSync(path.join(dataDir, 'logs'))).toBe(false);
  });

  test('on a signal stops pub first and control when it has ended, and leaves nothing behind', async () => {
    const launcher = launch();
    await launcher.untilReady();
    // One Ctrl-C under npm arrives more than once.
    launcher.child.kill('SIGINT');
    launcher.child.kill('SIGINT');

    expect(await launcher.exited).toEqual({ code: 0, signal: null });
    expect(events().slice(-4)).toEqual(['pub shutdown', 'pub end', 'control shutdown', 'control end']);
    expect(existsSync(path.join(dataDir, 'lock'))).toBe(false);
    expect(existsSync(path.join(dataDir, 'endpoints.json'))).toBe(false);
  });

  test('a second Ctrl-C does not wait for a child that does not end', async () => {
    plan({ pub: 'ignore-shutdown' });
    const launcher = launch();
    await launcher.untilReady();
    launcher.child.kill('SIGINT');
    await sleep(1_100);
    launcher.child.kill('SIGINT');

    expect(await launcher.exited).toEqual({ code: 130, signal: null });
    await until(() => areGone(rolePids()));
  });

  test('starts a child again that died, on the same port, and leaves the other alone', async () => {
    const launcher = launch(['--pub-port', '0']);
    await launcher.untilReady();
    const [pubPid, controlPid] = rolePids();
    process.kill(pubPid ?? 0, 'SIGKILL');
    await until(() => events().filter((line) => line.startsWith('pub start')).length === 2);

    expect(events().at(-1)).toMatch(/pub-port=40001 /);
    expect(await areGone([controlPid ?? 0])).toBe(false);
    await until(() =>
      launcher.stderr().includes('pub was ended by SIGKILL; starting it again (delayMs=100)'),
    );
  });

  test('presents a fatal message with its hint, stops the others, and exits with its code', async () => {
    plan({ control: 'fatal' });
    const launcher = launch();

    expect(await launcher.exited).toEqual({ code: 5, signal: null });
    expect(launcher.stderr()).toContain('racetrack: port 7005 is taken\n  Use --pub-port.\n');
    expect(events().at(-1)).toBe('pub end');
    expect(existsSync(path.join(dataDir, 'lock'))).toBe(false);
  });

  test('a child that dies before it was ready ends the start, not in a loop', async () => {
    plan({ pub: 'crash' });
    const launcher = launch();

    expect(await launcher.exited).toEqual({ code: 1, signal: null });
    expect(launcher.stderr()).toContain('pub ended with exit code 9');
  });

  test('a second start on the same folder exits with 3 at once, naming the process', async () => {
    const launcher = launch();
    await launcher.untilReady();
    const startedAt = Date.now();
    const second = launch();

    expect(await second.exited).toEqual({ code: 3, signal: null });
    // A second where the machine has nothing else to do.
    expect(Date.now() - startedAt).toBeLessThan(4_000);
    expect(second.stderr()).toContain(`is used by process ${launcher.child.pid}`);
    expect(launcher.child.exitCode).toBeNull();
  });

  test('takes over from a killed launcher, whose children end by themselves', async () => {
    const first = launch();
    await first.untilReady();
    first.child.kill('SIGKILL');
    await first.exited;
    const old = rolePids();
    const second = launch();
    await second.untilReady();

    expect(await areGone(old)).toBe(true);
    expect(events().filter((line) => line.endsWith('disconnect'))).toHaveLength(2);
  });

  test('two starts at once on the lock of a dead process: one runs, one is refused', async () => {
    mkdirSync(dataDir, { mode: 0o700 });
    const holder = { pid: 999_999, startTime: '1', bootId: 'x' };
    writeFileSync(path.join(dataDir, 'lock'), JSON.stringify({ nonce: 'n', holder, children: [] }));
    const both = [launch(), launch()];
    await until(() => both.some((launcher) => launcher.stdout().includes('is ready')));
    const loser = await Promise.race(both.map(async (launcher) => await launcher.exited));

    expect(loser.code).toBe(3);
    expect(both.filter((launcher) => launcher.stdout().includes('is ready'))).toHaveLength(1);
  });

  test('stop ends the platform of a folder and waits for it', async () => {
    const launcher = launch();
    await launcher.untilReady();
    const stop = launch([], {}, ['stop', '--data-dir', dataDir]);

    expect(await stop.exited).toEqual({ code: 0, signal: null });
    expect(await launcher.exited).toEqual({ code: 0, signal: null });
    expect(stop.stdout()).toContain('has stopped');
  });
});

interface Launcher {
  readonly child: ReturnType<typeof spawn>;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  stdout(): string;
  stderr(): string;
  untilReady(): Promise<void>;
}

function launch(
  flags: string[] = [],
  env: Record<string, string> = {},
  args = ['--data-dir', dataDir, ...flags],
): Launcher {
  const [pub, control] = [path.join(folder, 'pub.ts'), path.join(folder, 'control.ts')];
  const child = spawn(process.execPath, [FAKE_SERVER, pub, control, ...args], {
    env: {
      ...env,
      PATH: process.env['PATH'],
      ...(process.env['NODE_COMPILE_CACHE'] && { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] }),
      FAKE_EVENTS: path.join(folder, 'events'),
      FAKE_PLAN: path.join(folder, 'plan.json'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const launcher: Launcher = {
    child,
    exited: new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal }))),
    stdout: () => stdout,
    stderr: () => stderr,
    untilReady: async () =>
      await until(
        () => stdout.includes('is ready'),
        () => stderr,
      ),
  };
  started.push(launcher);
  return launcher;
}

function plan(actions: Record<string, string>): void {
  writeFileSync(path.join(folder, 'plan.json'), JSON.stringify(actions));
}

function events(): string[] {
  return readFileSync(path.join(folder, 'events'), 'utf8').trim().split('\n');
}

function rolePids(): number[] {
  return events()
    .filter((line) => line.includes(' start '))
    .map((line) => Number(line.split(' ')[2]));
}

/** The remains of a process that nobody has collected yet do not count. */
async function areGone(pids: readonly number[]): Promise<boolean> {
  const found = await Promise.all(pids.map((pid) => findProcessIdentity(pid)));
  return found.every((identity) => identity === undefined);
}

async function until(
  condition: () => boolean | Promise<boolean>,
  explain: () => string = () => '',
): Promise<void> {
  const giveUpAt = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > giveUpAt) throw new Error(`nothing happened: ${explain()}`);
    await sleep(20);
  }
}
