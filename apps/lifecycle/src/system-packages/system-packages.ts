import { PlatformError } from '@racetrack-platform/errors';
import { findMissing, INSTALLED_FORMAT, parseInstalled } from './installed-packages.ts';
import { installPackages } from './install-packages.ts';
import { parsePackage } from './package-name.ts';
import { runTool } from './run-tool.ts';

/** What is done about packages that a job needs and this machine does not have. */
export const SYSTEM_PACKAGE_MODES = ['check', 'install', 'ignore'] as const;
export type SystemPackageMode = (typeof SYSTEM_PACKAGE_MODES)[number];

/** The packages of this machine, for jobs that run on it without a container. */
export interface SystemPackages {
  /**
   * Refuses a job that could not be built here, before anything of it is kept.
   *
   * @param wanted - `system_dependencies` of its manifest.
   * @returns warnings for whoever deploys it.
   * @throws PlatformError `SYSTEM_PACKAGES_MISSING`, naming them all.
   */
  refuseMissing(wanted: readonly string[]): Promise<readonly string[]>;
  /**
   * Sees to it that they are there when the build begins, and installs what is missing where that is allowed. Of several
   * builds one at a time installs; one that is cancelled meanwhile does not interrupt it.
   *
   * @param onLine - gets the lines that are said meanwhile.
   * @throws PlatformError `SYSTEM_PACKAGES_MISSING`, `BUILD_FAILED`; the signal's reason when it is aborted.
   */
  ensure(wanted: readonly string[], onLine: (line: string) => void, signal: AbortSignal): Promise<void>;
}

export interface SystemPackagesOptions {
  readonly mode: SystemPackageMode;
  /** Only root can install. */
  readonly isRoot: boolean;
  /** For dpkg-query and apt-get; with `PATH`. */
  readonly env: Readonly<Record<string, string>>;
}

const QUERY_TIMEOUT_MS = 30_000;
const INSTALL_TIMEOUT_MS = 20 * 60_000;

export function createSystemPackages({ mode, isRoot, env }: SystemPackagesOptions): SystemPackages {
  const mayInstall = mode === 'install' && isRoot;
  let last: Promise<unknown> = Promise.resolve();

  /** @returns `undefined` when this machine cannot tell. */
  async function listMissing(wanted: readonly string[]): Promise<readonly string[] | undefined> {
    const args = ['--show', `--showformat=${INSTALLED_FORMAT}`];
    const found = await runTool('dpkg-query', args, { env, timeoutMs: QUERY_TIMEOUT_MS });
    return found?.exitCode === 0 ? findMissing(wanted, parseInstalled(found.output)) : undefined;
  }

  async function install(wanted: readonly string[], onLine: (line: string) => void): Promise<void> {
    const missing = (await listMissing(wanted)) ?? [];
    if (missing.length === 0) return;
    onLine(`Installing system_dependencies: ${missing.join(' ')}`);
    await installPackages(missing, { env, timeoutMs: INSTALL_TIMEOUT_MS, onLine });
    const left = (await listMissing(missing)) ?? [];
    if (left.length > 0) throw describeMissing(left, { mode, isRoot });
  }

  return {
    async refuseMissing(wanted) {
      if (mode === 'ignore' || wanted.length === 0) return [];
      if (mayInstall) {
        refuseUnknownForms(wanted);
        return [];
      }
      const missing = await listMissing(wanted);
      if (missing === undefined) {
        return [
          `this machine has no dpkg to tell whether it has the system_dependencies: ${wanted.join(', ')}`,
        ];
      }
      if (missing.length > 0) throw describeMissing(missing, { mode, isRoot });
      return [];
    },

    async ensure(wanted, onLine, signal) {
      signal.throwIfAborted();
      if (mode === 'ignore' || wanted.length === 0) return;
      const missing = (await listMissing(wanted)) ?? [];
      if (missing.length === 0) return;
      if (!mayInstall) throw describeMissing(missing, { mode, isRoot });
      refuseUnknownForms(missing);
      const turn = last.then(async () => {
        if (!signal.aborted) await install(missing, onLine);
      });
      last = turn.catch(() => undefined);
      await Promise.race([turn, rejectWhenAborted(signal)]);
    },
  };
}

function describeMissing(
  missing: readonly string[],
  { mode, isRoot }: Pick<SystemPackagesOptions, 'mode' | 'isRoot'>,
): PlatformError {
  const names = missing.filter((text) => parsePackage(text) !== undefined);
  const byHand = names.length === 0 ? '' : `: apt-get install --no-install-recommends ${names.join(' ')}`;
  const bySetting =
    mode === 'install' && !isRoot
      ? 'it could install them itself only if it ran as root'
      : 'RACETRACK_SYSTEM_DEPENDENCIES=install on a server that runs as root does it for every job';
  return new PlatformError(
    'SYSTEM_PACKAGES_MISSING',
    `this machine does not have the system_dependencies ${missing.join(', ')}`,
    { hint: `Have them installed where the server runs${byHand}; ${bySetting}.` },
  );
}

function refuseUnknownForms(wanted: readonly string[]): void {
  const unknown = wanted.filter((text) => parsePackage(text) === undefined);
  if (unknown.length === 0) return;
  throw new PlatformError(
    'SYSTEM_PACKAGES_MISSING',
    `system_dependencies: ${unknown.join(', ')} is not written as a Debian package is called`,
    {
      hint: 'Write a name, with :ARCHITECTURE or =VERSION when it matters, such as libgomp1 or curl=7.88.1-10.',
    },
  );
}

async function rejectWhenAborted(signal: AbortSignal): Promise<never> {
  return await new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(toError(signal.reason)), { once: true });
  });
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
