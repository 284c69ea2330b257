import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, chmod, realpath, stat } from 'node:fs/promises';
import {
  composeConfinedCommand,
  detectConfinement,
  type Account,
  type ConfinementTools,
} from '@racetrack-platform/sandbox';
import type { HostProgram, PluginHostLogger } from '@racetrack-platform/plugin-engine';

/** What a process of a plugin gets to see beside the system's own files. */
export interface PluginView {
  readonly readOnly: readonly string[];
  readonly writable: readonly string[];
  readonly cwd: string;
  /**
   * Whether it sees the machine as it is, without limits: an infrastructure target starts jobs, which have to outlive it
   * and to read what was built for them.
   */
  readonly isOpen: boolean;
}

/** Runs the processes of plugins so that they reach what is theirs and nothing else of the platform's. */
export interface HostConfinement {
  /**
   * The account that processes of an installed plugin run under: the given one, or `null` where this machine does not
   * let them get at what they need; then the log has said so.
   *
   * @param isOpen - see {@link PluginView}.
   */
  accountFor(account: Account | null, isOpen: boolean): Promise<Account | null>;
  /**
   * The same program under an account, with limits, killed when this process ends.
   *
   * @param account - as {@link accountFor} answered.
   */
  confine(program: HostProgram, account: Account | null, view: PluginView): Promise<HostProgram>;
}

export interface HostConfinementOptions {
  /** Everything of the platform; out of sight where this machine has namespaces. */
  readonly platformDir: string;
  /** What every host needs to read: its sources, the runtime. */
  readonly sharedPaths: readonly string[];
  /** Directory of all packages, through which every host has to pass. */
  readonly packagesDir: string;
  readonly logger: PluginHostLogger;
  /** Bytes of data that one process may hold beyond what its runtime takes for itself. */
  readonly memoryBytes: number;
  /** `off`: as if this machine had no bubblewrap. */
  readonly namespaces: 'auto' | 'off';
}

/** Processes and threads of one plugin. */
const MAX_PROCESSES = 256;
/** Size of any one file that is written. */
const MAX_FILE_BYTES = 1024 ** 3;
/** What Node reserves for code and counts as data without using it; half of that was measured. */
const RUNTIME_BYTES = 1024 ** 3;
const TRIAL_TIMEOUT_MS = 10_000;
/** A shell gives what it runs in the background no standard input, so it goes around the supervisor by another number. */
const KEEP_INPUT = ['/bin/sh', '-c', 'exec 3<&0; exec "$@"', 'sh'];
const TAKE_INPUT = ['/bin/sh', '-c', 'exec "$@" <&3 3<&-', 'sh'];

/** Finds out by a trial, once, what this machine can do. */
export function createHostConfinement(options: HostConfinementOptions): HostConfinement {
  const { platformDir, sharedPaths, packagesDir, logger, memoryBytes, namespaces } = options;
  let found: Promise<ConfinementTools | null> | undefined;
  let isTold = false;
  /** By whether it is for open views. */
  const reachable = new Map<boolean, Promise<ConfinementTools | null>>();

  const detect = async (): Promise<ConfinementTools | null> =>
    await (found ??= detectConfinement().then(
      ({ tools }) => (namespaces === 'off' ? { ...tools, bwrap: null } : tools),
      () => null,
    ));

  async function findReachable(account: Account, isOpen: boolean): Promise<ConfinementTools | null> {
    const tools = await detect();
    if (tools === null || tools.setpriv === null) return null;
    const plain = { ...tools, bwrap: null };
    for (const candidate of isOpen || tools.bwrap === null ? [plain] : [tools, plain]) {
      if (candidate.bwrap === null) await letPass(platformDir);
      if (await canRun(candidate, account)) return candidate;
    }
    return null;
  }

  async function canRun(tools: ConfinementTools, account: Account): Promise<boolean> {
    const script = `const [inside, ...paths] = process.argv.slice(1);
      require('fs').accessSync(inside + '/.'); for (const path of paths) require('fs').accessSync(path, 4)`;
    const { command, args } = await compose(
      { command: process.execPath, args: ['-e', script, packagesDir, ...sharedPaths], env: {} },
      tools,
      account,
      { readOnly: [packagesDir], writable: [], cwd: '/', isOpen: false },
    );
    const child = spawn(command, args, { stdio: 'ignore', env: {}, cwd: '/', timeout: TRIAL_TIMEOUT_MS });
    const [code] = (await once(child, 'exit').catch(() => [null])) as [number | null];
    return code === 0;
  }

  async function compose(
    program: HostProgram,
    tools: ConfinementTools,
    account: Account | null,
    view: PluginView,
  ): Promise<HostProgram> {
    const readOnly = await resolveExisting([...sharedPaths, ...view.readOnly]);
    const data = memoryBytes + RUNTIME_BYTES;
    const limit =
      tools.prlimit === null || view.isOpen ? [] : [tools.prlimit, `--data=${data}:${data}`, '--'];
    const isInside = account !== null && tools.bwrap !== null;
    const [command = '', ...args] = composeConfinedCommand({
      command: [...(isInside ? TAKE_INPUT : []), ...limit, program.command, ...program.args],
      account,
      limits: {
        openFiles: null,
        processes: view.isOpen ? null : MAX_PROCESSES,
        fileBytes: view.isOpen ? null : MAX_FILE_BYTES,
      },
      namespaces: !isInside
        ? null
        : {
            readOnly,
            writable: await resolveExisting(view.writable),
            hidden: await resolveExisting([platformDir]),
            temporaryDir: null,
            cwd: view.cwd,
          },
      dieWithParent: true,
      tools,
    });
    const [first = '', ...rest] = [...(isInside ? KEEP_INPUT : []), command, ...args];
    return { ...program, command: first, args: rest };
  }

  return {
    async accountFor(account, isOpen) {
      if (account === null) {
        if (!isTold) logger.info({}, 'plugins run as the user of the platform: it gives them no accounts');
        isTold = true;
        return null;
      }
      const known = reachable.get(isOpen);
      const isFirst = known === undefined;
      const finding = known ?? findReachable(account, isOpen);
      reachable.set(isOpen, finding);
      if ((await finding) !== null) return account;
      if (isFirst) {
        logger.warn(
          { sharedPaths },
          'plugins run as the user of the platform: an account of their own does not get at what they need',
        );
      }
      return null;
    },

    async confine(program, account, view) {
      const tools = account === null ? await detect() : ((await reachable.get(view.isOpen)) ?? null);
      const alone = { ...program, isAlone: true, cwd: view.cwd };
      return tools === null ? alone : await compose(alone, tools, account, view);
    },
  };
}

/** Nobody can list it: what is inside is found only by who knows its name, and is closed by itself. */
async function letPass(directory: string): Promise<void> {
  const { mode } = await stat(directory);
  await chmod(directory, (mode & 0o777) | 0o011);
}

async function resolveExisting(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map(async (path) => {
      const isThere = await access(path, constants.F_OK).then(
        () => true,
        () => false,
      );
      return isThere ? await realpath(path) : undefined;
    }),
  );
  return [...new Set(found.filter((path) => path !== undefined))];
}
