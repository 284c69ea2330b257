import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import { isReachableByJobs } from './is-reachable-by-jobs.ts';

/** Oldest Node that the wrapper runs on. */
const OLDEST_MAJOR = 24;
const PROBE_TIMEOUT_MS = 10_000;

/** An interpreter of this host that can run jobs. */
export interface NodeProgram {
  /** `26.10.0`. */
  readonly version: string;
  /** Absolute path. */
  readonly executable: string;
  /** Whether the users that jobs run as may start it; it is copied into environments otherwise. */
  readonly isReachable: boolean;
}

/** Finds the interpreter for a version (`24`), or the platform's own for `undefined`. */
export type FindNode = (version: string | undefined, signal: AbortSignal) => Promise<NodeProgram>;

export interface NodeFinderOptions {
  /** The interpreter that the platform runs on. */
  readonly own: { readonly version: string; readonly executable: string };
  /** Absolute directories to look in for other versions. */
  readonly searchDirs: readonly string[];
  /** Whether jobs run as users of their own, who have to reach it. */
  readonly isForOthers: boolean;
  /** Asks a program for its version; `undefined` when it is not there. */
  readonly probe?: (program: string, signal: AbortSignal) => Promise<string | undefined>;
}

/**
 * Makes a function that finds interpreters: the platform's own if its version fits, else those of the search path.
 *
 * The function throws PlatformError `NOT_SUPPORTED` when this host has no fitting interpreter.
 */
export function createNodeFinder(options: NodeFinderOptions): FindNode {
  const { own, searchDirs, isForOthers, probe = askVersion } = options;
  const describe = ({ version, executable }: NodeFinderOptions['own']): NodeProgram => ({
    version,
    executable,
    isReachable: !isForOthers || isReachableByJobs(executable),
  });
  return async (wanted, signal) => {
    if (wanted === undefined || isVersion(own.version, wanted)) return describe(own);
    const found: string[] = [own.version];
    for (const directory of searchDirs) {
      const executable = join(directory, 'node');
      const version = await probe(executable, signal);
      if (version === undefined) continue;
      if (isVersion(version, wanted) && Number.parseInt(version, 10) >= OLDEST_MAJOR) {
        return describe({ version, executable });
      }
      found.push(version);
    }
    throw new PlatformError(
      'NOT_SUPPORTED',
      `this host has no Node.js ${wanted} for jobs; it has ${[...new Set(found)].join(', ')}`,
      {
        hint: `Install Node.js ${wanted} on the host (${OLDEST_MAJOR} or newer), or change jobtype_extra.node_version.`,
      },
    );
  };
}

function isVersion(version: string, wanted: string): boolean {
  return version === wanted || version.startsWith(`${wanted}.`);
}

async function askVersion(program: string, signal: AbortSignal): Promise<string | undefined> {
  const output = await new Promise<string>((resolve) => {
    execFile(
      program,
      ['--version'],
      { timeout: PROBE_TIMEOUT_MS, killSignal: 'SIGKILL', signal },
      (error, stdout) => resolve(error === null ? stdout : ''),
    );
  });
  signal.throwIfAborted();
  return /^v(\d+\.\d+\.\d+)/.exec(output)?.[1];
}
