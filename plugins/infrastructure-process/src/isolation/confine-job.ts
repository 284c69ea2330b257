import { realpathSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import type { LaunchRequest } from '@racetrack-platform/plugin-sdk';
import {
  composeConfinedCommand,
  findImpassable,
  relayEnvironment,
  type Namespaces,
  type ProcessLimits,
  type RelayedCommand,
} from '@racetrack-platform/sandbox';
import type { InstanceFiles } from '../files/instance-files.ts';
import type { Isolation } from './open-isolation.ts';
import { findInstallation, makePassable } from './reachable.ts';

/** Enough for some thousand connections, and far from what the machine has for all. */
const OPEN_FILES = 4_096;
/** Processes and threads of one instance; also of one user, where the kernel cannot count by instance. */
export const MAX_PROCESSES = 1_024;

/** A job has these to itself, so nothing of the machine's can be seen there. */
const OWN_TO_EACH_JOB = ['/tmp', '/var/tmp'];

export interface JobProcess {
  /** With all placeholders filled in. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly marks: Readonly<Record<string, string>>;
  readonly socket: string;
  /** The directory that its family keeps its data in. */
  readonly data: string;
}

/** Puts everything between the shim and the job that keeps the job within its limits and away from others. */
export function confineJob(
  isolation: Isolation,
  files: InstanceFiles,
  { account, artifact }: Pick<LaunchRequest, 'account' | 'artifact'>,
  job: JobProcess,
): RelayedCommand {
  const { tools, cgroups, hasNamespaces } = isolation;
  const limits: ProcessLimits = {
    openFiles: OPEN_FILES,
    processes: cgroups?.controllers.processes === true ? null : MAX_PROCESSES,
    fileBytes: null,
  };
  const common = { account, limits, dieWithParent: true, tools };
  if (account === null) {
    const command = composeConfinedCommand({ ...common, command: job.command, namespaces: null });
    return { command, env: job.env };
  }
  const relayed = relayEnvironment(job.command, job.env, job.marks);
  if (!hasNamespaces) openArtifact(isolation, artifact);
  const namespaces = hasNamespaces ? composeView(isolation, files, artifact, job) : null;
  return { ...relayed, command: composeConfinedCommand({ ...common, command: relayed.command, namespaces }) };
}

function composeView(
  { platformDir, tools }: Isolation,
  files: InstanceFiles,
  artifact: LaunchRequest['artifact'],
  { command, cwd, socket, data }: JobProcess,
): Namespaces {
  const [program = ''] = command;
  const mentionsPlugin = [...artifact.run.command, ...Object.values(artifact.run.env)].some((text) =>
    text.includes('${plugin}'),
  );
  const readOnly = [
    artifact.sourceDir,
    artifact.environmentDir,
    ...(mentionsPlugin ? [artifact.pluginDir] : []),
    ...(isAbsolute(program)
      ? findInstallation(program, [platformDir, ...tools.alwaysHidden, ...OWN_TO_EACH_JOB])
      : []),
  ];
  return {
    readOnly: [...new Set(readOnly.map(tryRealpath).filter((path) => path !== undefined))],
    writable: [files.home, dirname(socket), data].map((path) => realpathSync(path)),
    hidden: [platformDir],
    temporaryDir: realpathSync(files.tmp),
    cwd: realpathSync(cwd),
  };
}

function tryRealpath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** @throws PlatformError `LAUNCH_FAILED` when the job could not reach what was built for it. */
function openArtifact(
  { platformDir }: Isolation,
  { sourceDir, environmentDir }: LaunchRequest['artifact'],
): void {
  for (const directory of [sourceDir, environmentDir]) {
    makePassable(dirname(directory), platformDir);
    const [wall] = findImpassable(directory);
    if (wall === undefined) continue;
    throw new PlatformError(
      'LAUNCH_FAILED',
      `jobs run as users of their own, which cannot pass through ${wall}`,
      {
        hint: `Install bubblewrap, or allow it with chmod o+x ${wall}.`,
      },
    );
  }
}
