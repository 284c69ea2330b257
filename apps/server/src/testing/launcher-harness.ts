import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProcessIdentity } from '../lock/process-identity.ts';

const FAKE_SERVER = path.join(import.meta.dirname, 'fake-server.ts');
const FAKE_ROLE = path.join(import.meta.dirname, 'fake-role.ts');

/** One run of the launcher's command line. */
export interface Launcher {
  readonly child: ChildProcess;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  stdout(): string;
  stderr(): string;
  untilReady(): Promise<void>;
}

/** The launcher in processes of its own, with fake roles that do as planned and note what happens to them. */
export class LauncherHarness {
  readonly folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'racetrack-launcher-')));
  readonly dataDir = path.join(this.folder, 'data');
  readonly #started: Launcher[] = [];

  constructor() {
    for (const role of ['pub', 'control']) {
      writeFileSync(path.join(this.folder, `${role}.ts`), `import ${JSON.stringify(FAKE_ROLE)};\n`);
    }
    writeFileSync(path.join(this.folder, 'events'), '');
  }

  /** Starts it; without `args`, on the data directory with further flags. */
  launch(
    flags: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
    args: readonly string[] = ['--data-dir', this.dataDir, ...flags],
  ): Launcher {
    const roles = [path.join(this.folder, 'pub.ts'), path.join(this.folder, 'control.ts')];
    const child = spawn(process.execPath, [FAKE_SERVER, ...roles, ...args], {
      env: {
        // To find out what is in force takes longer than everything else here.
        RACETRACK_ISOLATION: 'off',
        ...env,
        PATH: process.env['PATH'],
        ...(process.env['NODE_COMPILE_CACHE'] && { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] }),
        FAKE_EVENTS: path.join(this.folder, 'events'),
        FAKE_PLAN: path.join(this.folder, 'plan.json'),
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
    this.#started.push(launcher);
    return launcher;
  }

  /** What the fake roles do at their next start, by name. */
  plan(actions: Readonly<Record<string, string>>): void {
    writeFileSync(path.join(this.folder, 'plan.json'), JSON.stringify(actions));
  }

  /** What the fake roles have noted. */
  events(): string[] {
    return readFileSync(path.join(this.folder, 'events'), 'utf8').trim().split('\n');
  }

  /** Every process that a role ever ran in. */
  rolePids(): number[] {
    return this.events()
      .filter((line) => line.includes(' start '))
      .map((line) => Number(line.split(' ')[2]));
  }

  /** Ends everything, and removes the folder. */
  async close(): Promise<void> {
    for (const launcher of this.#started) launcher.child.kill('SIGKILL');
    await Promise.all(this.#started.map((launcher) => launcher.exited));
    await until(() => areGone(this.rolePids()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The remains of a process that nobody has collected yet do not count. */
export async function areGone(pids: readonly number[]): Promise<boolean> {
  const found = await Promise.all(pids.map((pid) => findProcessIdentity(pid)));
  return found.every((identity) => identity === undefined);
}

/** Waits for a condition; says why when it does not come. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  explain: () => string = () => '',
): Promise<void> {
  const giveUpAt = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > giveUpAt) throw new Error(`nothing happened: ${explain()}`);
    await sleep(20);
  }
}
