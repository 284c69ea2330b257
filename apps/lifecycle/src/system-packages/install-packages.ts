import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '@racetrack-platform/errors';
import { runTool, type ToolResult } from './run-tool.ts';

export interface InstallOptions {
  /** Complete; with `PATH`. */
  readonly env: Readonly<Record<string, string>>;
  /** For all attempts together. */
  readonly timeoutMs: number;
  readonly onLine: (line: string) => void;
}

const RETRY_MS = 3_000;
/** Somebody else, such as unattended upgrades, is at it. */
const LOCKED = /Could not get lock|Unable to lock|is another process using it/;

const APT_OPTIONS: readonly string[] = [
  '--yes',
  '--quiet',
  '--no-install-recommends',
  // A job is no reason to lose what the machine has.
  '--no-remove',
  '-oDPkg::Lock::Timeout=60',
  '-oDpkg::Options::=--force-confdef',
  '-oDpkg::Options::=--force-confold',
  // Otherwise a name that is no package's counts as a regular expression, and `python3.` as hundreds of packages.
  '-oAPT::Cmd::Pattern-Only=true',
];

/**
 * Installs packages with apt-get; the lists of what there is are fetched first when it does not know one.
 *
 * @param names - checked by `parsePackage`.
 * @throws PlatformError `BUILD_FAILED` when it did not work, or not in time.
 */
export async function installPackages(names: readonly string[], options: InstallOptions): Promise<void> {
  const until = Date.now() + options.timeoutMs;
  const install = async (): Promise<ToolResult> =>
    await runApt([...APT_OPTIONS, 'install', '--', ...names], options, until);
  const first = await install();
  if (first.exitCode === 0) return;
  options.onLine('Fetching the lists of packages');
  await runApt(['--quiet', 'update'], options, until);
  const second = await install();
  if (second.exitCode === 0) return;
  const said = second.output.split('\n').findLast((line) => line.startsWith('E: '));
  const why =
    second.exitCode === null ? 'its time was over' : (said?.slice('E: '.length) ?? 'see the build log');
  throw new PlatformError('BUILD_FAILED', `system_dependencies could not be installed: ${why}`, {
    hint: `Compare the names with those of this machine's system, or have them installed by hand: apt-get install ${names.join(' ')}`,
  });
}

async function runApt(args: readonly string[], options: InstallOptions, until: number): Promise<ToolResult> {
  const env = { ...options.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
  for (;;) {
    const timeoutMs = Math.max(1, until - Date.now());
    const result = await runTool('apt-get', args, { env, timeoutMs, onLine: options.onLine });
    if (result === undefined) return { exitCode: 127, output: 'E: this machine has no apt-get\n' };
    const isLocked = result.exitCode !== 0 && LOCKED.test(result.output);
    if (!isLocked || Date.now() + RETRY_MS > until) return result;
    await sleep(RETRY_MS, undefined, { ref: false });
  }
}
