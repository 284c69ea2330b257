import { join } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import { isReachable } from '@racetrack-platform/plugin-sdk';
import { probePython, type PythonFacts } from './probe-python.ts';

/** Oldest Python that the wrapper runs on. */
const OLDEST_MINOR = 9;
/** Newest minor version that is looked for when the host is asked what it has. */
const NEWEST_MINOR = 16;
/** `pip --python` came with pip 22.3; an older one is replaced by one inside the environment. */
const PIP_FOR_OTHERS = 22.3;
/** How long an interpreter's facts are believed: a warm deployment should not start Python to ask again. */
const FRESH_MS = 60_000;

/** An interpreter of this host that can run jobs. */
export interface Python extends PythonFacts {
  /** Whose pip installs packages: the host's, or one put into the environment. */
  readonly pip: 'host' | 'own';
}

/** Finds the interpreter for a version (`3.11`), or the host's own for `undefined`. */
export type FindPython = (version: string | undefined, signal: AbortSignal) => Promise<Python>;

export interface PythonFinderOptions {
  /** Asks one command for its facts; `undefined` when it is not there. */
  readonly probe?: typeof probePython;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
  /**
   * Directories to look in, for jobs that run as users of their own: an interpreter that not everybody can reach is
   * passed over. Without, commands are looked up by the search path, and any will do.
   */
  readonly sharedDirs?: readonly string[] | undefined;
  readonly isReachable?: (program: string) => boolean;
}

/**
 * Makes a function that finds interpreters on the search path and remembers them for a minute.
 *
 * The function throws PlatformError `NOT_SUPPORTED` when this host has no fitting interpreter.
 */
export function createPythonFinder(options: PythonFinderOptions = {}): FindPython {
  const { probe = probePython, now = () => performance.now(), sharedDirs } = options;
  const canReach = options.isReachable ?? isReachable;
  const known = new Map<string, { readonly facts: PythonFacts; readonly askedAt: number }>();

  async function ask(command: string, signal: AbortSignal): Promise<PythonFacts | undefined> {
    const answer = known.get(command);
    if (answer !== undefined && now() - answer.askedAt < FRESH_MS) return answer.facts;
    const facts = await probe(command, signal);
    if (facts !== undefined) known.set(command, { facts, askedAt: now() });
    return facts;
  }

  return async (version, signal) => {
    const names = version === undefined ? ['python3'] : [`python${version}`, 'python3'];
    const commands =
      sharedDirs === undefined ? names : names.flatMap((name) => sharedDirs.map((dir) => join(dir, name)));
    let outOfReach: PythonFacts | undefined;
    for (const command of commands) {
      const facts = await ask(command, signal);
      if (facts === undefined || !isVersion(facts, version)) continue;
      if (sharedDirs === undefined || canReach(facts.executable)) return toUsablePython(facts);
      outOfReach ??= facts;
    }
    if (outOfReach !== undefined) throw presentOutOfReach(outOfReach);
    throw await presentMissing(version, async (command) => await ask(command, signal));
  };
}

function isVersion({ major, minor }: PythonFacts, version: string | undefined): boolean {
  return version === undefined || version === `${major}.${minor}` || version === `${major}`;
}

function toUsablePython(facts: PythonFacts): Python {
  const { major, minor, version } = facts;
  if (major !== 3 || minor < OLDEST_MINOR) {
    throw new PlatformError('NOT_SUPPORTED', `Python ${version} of this host is too old for jobs`, {
      hint: `Install Python 3.${OLDEST_MINOR} or newer on the host.`,
    });
  }
  const hasModernPip = facts.pipVersion !== null && Number.parseFloat(facts.pipVersion) >= PIP_FOR_OTHERS;
  if (!facts.hasVenv || (!hasModernPip && !facts.hasEnsurepip)) {
    const missing = facts.hasVenv ? 'pip' : 'venv';
    throw new PlatformError('NOT_SUPPORTED', `Python ${version} of this host has no ${missing} module`, {
      hint: 'Install it on the host; on Debian and Ubuntu: apt-get install python3-venv python3-pip.',
    });
  }
  return { ...facts, pip: hasModernPip ? 'host' : 'own' };
}

function presentOutOfReach({ version, executable }: PythonFacts): PlatformError {
  const message = `Python ${version} of this host is out of reach for jobs, which run as users of their own: ${executable}`;
  return new PlatformError('NOT_SUPPORTED', message, {
    hint: 'Install Python where everybody may run it (on Debian and Ubuntu: apt-get install python3-venv python3-pip), or run jobs as the user of the platform with RACETRACK_ISOLATION=off.',
  });
}

async function presentMissing(
  version: string | undefined,
  ask: (command: string) => Promise<PythonFacts | undefined>,
): Promise<PlatformError> {
  if (version === undefined) {
    return new PlatformError('NOT_SUPPORTED', 'this host has no python3, so it cannot run python3 jobs', {
      hint: `Install Python 3.${OLDEST_MINOR} or newer on the host and make sure that python3 is on its search path.`,
    });
  }
  const minors = Array.from({ length: NEWEST_MINOR - OLDEST_MINOR + 1 }, (_, index) => OLDEST_MINOR + index);
  const found = await Promise.all(['python3', ...minors.map((minor) => `python3.${minor}`)].map(ask));
  const versions = new Set(found.flatMap((facts) => (facts === undefined ? [] : [facts.version])));
  const offer = versions.size === 0 ? 'it has none' : `it has ${[...versions].join(', ')}`;
  return new PlatformError('NOT_SUPPORTED', `this host has no Python ${version}; ${offer}`, {
    hint: `Install python${version} on the host, or change jobtype_extra.python_version.`,
  });
}
