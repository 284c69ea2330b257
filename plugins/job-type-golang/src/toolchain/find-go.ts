import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import { isReachable } from '@racetrack-platform/plugin-sdk';
import { probeGo, type GoFacts } from './probe-go.ts';

/** Oldest minor version of Go 1 that the wrapper compiles with. */
const OLDEST_MINOR = 22;
/** How long facts are believed: a warm deployment should not start Go to ask again. */
const FRESH_MS = 60_000;
const INSTALL_HINT =
  'Install Go 1.22 or newer on the host (go.dev/dl, into /usr/local/go) and make sure that go is on the search path of the server.';

/** An installation of Go on this host that jobs can be built with. */
export interface Go {
  /** `1.26.1`. */
  readonly version: string;
  /** `linux/amd64`. */
  readonly platform: string;
  /** Absolute path of its folder, links followed. */
  readonly root: string;
  /** Absolute path of the command. */
  readonly program: string;
}

export type FindGo = (signal: AbortSignal) => Promise<Go>;

export interface GoFinderOptions {
  /** Asks one command for its facts; `undefined` when it is not there. */
  readonly probe?: typeof probeGo;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
  /**
   * Directories to look in, for builds under accounts of their own: an installation that not everybody can reach is
   * passed over. Without, the command is looked up by the search path, and any will do.
   */
  readonly sharedDirs?: readonly string[] | undefined;
  readonly isReachable?: (program: string) => boolean;
  readonly resolve?: (path: string) => string;
}

/**
 * Makes a function that finds Go and remembers it for a minute.
 *
 * The function throws PlatformError `NOT_SUPPORTED` when this host has no fitting one.
 */
export function createGoFinder(options: GoFinderOptions = {}): FindGo {
  const { probe = probeGo, now = () => performance.now(), sharedDirs, resolve = realpathSync } = options;
  const canReach = options.isReachable ?? isReachable;
  const commands = sharedDirs === undefined ? ['go'] : sharedDirs.map((dir) => join(dir, 'go'));
  let known: { readonly go: Go; readonly askedAt: number } | undefined;

  async function search(signal: AbortSignal): Promise<Go> {
    const refused: PlatformError[] = [];
    for (const command of commands) {
      const facts = await probe(command, signal);
      if (facts === undefined) continue;
      const go = toGo(facts, resolve);
      const problem = findProblem(go, sharedDirs === undefined || canReach(go.program));
      if (problem === undefined) return go;
      refused.push(problem);
    }
    throw refused[0] ?? presentMissing();
  }

  return async (signal) => {
    if (known !== undefined && now() - known.askedAt < FRESH_MS) return known.go;
    const go = await search(signal);
    known = { go, askedAt: now() };
    return go;
  };
}

function toGo({ GOVERSION, GOROOT, GOOS, GOARCH }: GoFacts, resolve: (path: string) => string): Go {
  const root = resolve(GOROOT);
  return {
    version: GOVERSION.replace(/^go/, ''),
    platform: `${GOOS}/${GOARCH}`,
    root,
    program: join(root, 'bin', 'go'),
  };
}

function findProblem({ version, program }: Go, isInReach: boolean): PlatformError | undefined {
  const minor = /^1\.(\d+)/.exec(version)?.[1];
  // A version without number is a development version, newer than all.
  if (minor !== undefined && Number(minor) < OLDEST_MINOR) {
    return new PlatformError('NOT_SUPPORTED', `Go ${version} of this host is too old for jobs`, {
      hint: INSTALL_HINT,
    });
  }
  if (isInReach) return undefined;
  const message = `Go ${version} of this host is out of reach for builds, which run as users of their own: ${program}`;
  return new PlatformError('NOT_SUPPORTED', message, {
    hint: 'Install Go where everybody may run it, such as /usr/local/go, or build as the user of the platform with RACETRACK_ISOLATION=off.',
  });
}

function presentMissing(): PlatformError {
  return new PlatformError('NOT_SUPPORTED', 'this host has no go, so it cannot build golang jobs', {
    hint: INSTALL_HINT,
  });
}
