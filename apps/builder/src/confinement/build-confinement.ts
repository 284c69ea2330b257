import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import type { BuildRequest } from '@racetrack-platform/contracts/processes';
import {
  composeConfinedCommand,
  openCgroups,
  type Account,
  type Cgroup,
  type CgroupManager,
} from '@racetrack-platform/sandbox';
import { killAccount } from './kill-account.ts';
import { removeScattered } from './remove-scattered.ts';

/** Neighbours come first: a build gets what they leave. Niceness counts where there is no group, or within it. */
const LOW_PRIORITY = ['nice', '-n', '10'];
/** Without a group the kernel counts processes by account, and it is we who notice: it only has to bound the excess. */
const PROCESS_EXCESS_FACTOR = 2;

/** Paths that a step gets to see beside the system's own. */
export interface StepView {
  readonly readOnly: readonly string[];
  readonly writable: readonly string[];
  readonly temporaryDir: string;
  readonly cwd: string;
}

/** How a command of the builder's own differs from a step of a build. */
export interface CommandManner {
  /** A short question that somebody waits for: it stays out of the group, which gets what others leave of the processors. */
  readonly isPrompt?: boolean;
  /** A program of ours that only root may be able to load: it begins as root and takes the account itself. */
  readonly takesAccount?: boolean;
}

/** How the steps of one build are held: their account, their group, their view of the machine. */
export interface BuildConfinement {
  readonly account: Account | null;
  /** `null` where the kernel offers none. */
  readonly cgroup: Cgroup | null;
  /** Which of the limits the kernel holds for the group as a whole. */
  readonly holds: { readonly memory: boolean; readonly processes: boolean };
  /**
   * The command that runs a command confined.
   *
   * @param manner - how it differs from a step.
   */
  compose(command: readonly string[], view: StepView, manner?: CommandManner): Promise<readonly string[]>;
  /** Puts a process of the builder's own into the group; `undefined` where there is none. */
  readonly admit: ((pid: number) => Promise<void>) | undefined;
  /** Kills all that steps have started, wherever it went. */
  killAll(): Promise<void>;
  /** The same, and removes the group, and what steps have left in directories that are everybody's. */
  dispose(): Promise<void>;
}

/** Our groups of builds that belong to one builds directory; the target for jobs has others. */
export async function openBuildGroups(buildsDir: string): Promise<CgroupManager | undefined> {
  const digest = createHash('sha256').update(buildsDir).digest('hex').slice(0, 8);
  const support = await openCgroups({
    name: `racetrack-builds-${digest}`,
    isTried: true,
    isBackground: true,
  });
  return support.isAvailable ? support.manager : undefined;
}

/**
 * Opens the confinement of one build.
 *
 * @param request - `account`, `tools` and `limits` decide; without tools steps run as they are, in a group if possible.
 * @param groupId - name of the group.
 */
export async function openConfinement(
  request: Pick<BuildRequest, 'account' | 'tools' | 'limits' | 'hiddenDirs' | 'buildsDir'>,
  groupId: string,
): Promise<BuildConfinement> {
  const { account, tools, limits } = request;
  const groups = hasGroupLimit(limits) ? await openBuildGroups(request.buildsDir) : undefined;
  const group = groups?.create(groupId, limits);
  const cgroup = (await group?.catch(() => undefined)) ?? null;
  const holds = {
    memory: cgroup !== null && groups?.controllers.memory === true,
    processes: cgroup !== null && groups?.controllers.processes === true,
  };
  const accountProcesses = limits.processes && limits.processes * PROCESS_EXCESS_FACTOR;
  const hidden = await resolveAll(request.hiddenDirs);

  let mayRun = false;
  let isScattering = false;
  let mayBeOutside = false;
  async function killAll(): Promise<void> {
    if (!mayRun) return;
    mayRun = false;
    // Nobody leaves a group without being root, so whoever began in it is in it.
    if (cgroup !== null) await cgroup.kill();
    if (account !== null && (cgroup === null || mayBeOutside)) await killAccount(account);
    mayBeOutside = false;
  }

  return {
    account,
    cgroup,
    holds,
    async compose(command, view, { isPrompt = false, takesAccount = false } = {}) {
      mayRun = true;
      if (tools === null) return command;
      // With a view of its own all of it ends together.
      mayBeOutside ||= isPrompt && tools.bwrap === null;
      isScattering = account !== null && tools.bwrap === null;
      const confined = composeConfinedCommand({
        command,
        account: takesAccount ? null : account,
        limits: {
          openFiles: null,
          processes: holds.processes && !isPrompt ? null : accountProcesses,
          fileBytes: limits.diskBytes,
        },
        namespaces:
          account === null || tools.bwrap === null
            ? null
            : {
                readOnly: await resolveAll(view.readOnly),
                writable: await resolveAll(view.writable),
                hidden,
                temporaryDir: await realpath(view.temporaryDir),
                cwd: view.cwd,
              },
        dieWithParent: true,
        tools,
      });
      return isPrompt ? confined : [...LOW_PRIORITY, ...confined];
    },
    admit:
      cgroup === null
        ? undefined
        : async (pid) => {
            mayRun = true;
            await cgroup.add(pid);
          },
    killAll,
    async dispose() {
      await killAll();
      if (account !== null && isScattering) await removeScattered(account);
      await cgroup?.remove();
    },
  };
}

function hasGroupLimit(limits: BuildRequest['limits']): boolean {
  return limits.memoryBytes !== null || limits.processes !== null || limits.cpuMillicores !== null;
}

async function resolveAll(paths: readonly string[]): Promise<string[]> {
  return await Promise.all(paths.map(async (path) => await realpath(path).catch(() => path)));
}
