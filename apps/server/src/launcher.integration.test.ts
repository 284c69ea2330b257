import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { areGone, LauncherHarness, until, type Launcher } from './testing/launcher-harness.ts';

let harness: LauncherHarness;
let dataDir: string;

beforeEach(() => {
  harness = new LauncherHarness();
  ({ dataDir } = harness);
});

afterEach(async () => {
  await harness.close();
});

describe('racetrack-server', () => {
  test('starts pub, then control with the address that pub has found, and says where everything is', async () => {
    const launcher = launch(['--pub-port', '0'], { RACETRACK_ADMIN_PASSWORD: 'secret' });
    await launcher.untilReady();

    expect(launcher.stdout()).toContain('The password of admin is xyz.');
    expect(launcher.stdout()).toMatch(/Racetrack 9\.9\.9 is ready after [\d.]+ s/);
    expect(launcher.stdout()).toContain('http://127.0.0.1:40001/pub/job/NAME/VERSION');
    expect(launcher.stdout()).toMatch(/Isolation +none, RACETRACK_ISOLATION=off/);
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
    await until(() => launcher.stderr().includes('pub was ended by SIGKILL; starting it again (delayMs=0)'));
  });

  test('presents a fatal message with its hint, stops the others, and exits with its code', async () => {
    plan({ control: 'fatal' });
    const launcher = launch();

    expect(await launcher.exited).toEqual({ code: 5, signal: null });
    expect(launcher.stderr()).toContain('racetrack: port 7005 is taken\n  Use --pub-port.\n');
    expect(events().at(-1)).toBe('pub end');
    expect(existsSync(path.join(dataDir, 'lock'))).toBe(false);
  });

  test('a restart that fails only for now is tried again, while the other child works on', async () => {
    const launcher = launch(['--pub-port', '0']);
    await launcher.untilReady();
    const [pubPid, controlPid] = rolePids();
    plan({ control: 'retryable' });
    process.kill(controlPid ?? 0, 'SIGKILL');
    await until(() => events().filter((line) => line.startsWith('control start')).length >= 3);
    plan({});
    await until(() => events().filter((line) => line.startsWith('control external')).length === 2);

    expect(launcher.stderr()).toContain('control gave up: the database is away; starting it again');
    expect(await areGone([pubPid ?? 0])).toBe(false);
    expect(launcher.child.exitCode).toBeNull();
  });

  test('a child that dies before it was ready ends the start, not in a loop', async () => {
    plan({ pub: 'crash' });
    const launcher = launch();

    expect(await launcher.exited).toEqual({ code: 1, signal: null });
    expect(launcher.stderr()).toContain('pub ended with exit code 9');
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

  test('stop ends the platform of a folder and waits for it', async () => {
    const launcher = launch();
    await launcher.untilReady();
    const stop = launch([], {}, ['stop', '--data-dir', dataDir]);

    expect(await stop.exited).toEqual({ code: 0, signal: null });
    expect(await launcher.exited).toEqual({ code: 0, signal: null });
    expect(stop.stdout()).toContain('has stopped');
  });
});

function launch(...args: Parameters<LauncherHarness['launch']>): Launcher {
  return harness.launch(...args);
}

function plan(actions: Record<string, string>): void {
  harness.plan(actions);
}

function events(): string[] {
  return harness.events();
}

function rolePids(): number[] {
  return harness.rolePids();
}
