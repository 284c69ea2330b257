import { messageOf } from '@racetrack-platform/errors';
import { detectConfinement } from '@racetrack-platform/sandbox';
import { acquireDataDirectoryLock, type DataDirectoryLock } from './lock/data-directory-lock.ts';
import { ensureDataDirectory } from './data-directory.ts';
import { findUnknownVariables } from './environment/find-unknown-variables.ts';
import { checkFeedPath } from './files/check-feed-path.ts';
import { checkReach } from './files/check-reach.ts';
import { requireRoom } from './files/require-room.ts';
import { settleFiles } from './files/settle-files.ts';
import { removeEndpointsFile, writeEndpointsFile } from './endpoints-file.ts';
import { endLeftovers } from './lock/end-leftovers.ts';
import { renderBanner, renderTutorialWarning } from './output/banner.ts';
import { presentIsolation } from './output/present-isolation.ts';
import { composeEnvironment } from './roles/compose-environment.ts';
import { createLogSink, type LogSink } from './logs/log-sink.ts';
import { nameLocally } from './roles/name-locally.ts';
import type { Endpoints } from './roles/child-message.ts';
import { ROLES, type LauncherConfig, type Role } from './config.ts';
import type { RoleFailure } from './roles/role-failure.ts';
import { stopRoles } from './roles/stop-roles.ts';
import type { StopRequest } from './stop-request.ts';
import { requireFreePorts } from './ports/require-free-ports.ts';
import { superviseRole, type SupervisedRole } from './roles/supervised-role.ts';

export interface RunLauncherDeps {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The program of each role. */
  readonly entries: Readonly<Record<Role, string>>;
  /** Flags of Node.js for the children. */
  readonly nodeFlags: readonly string[];
  readonly version: string;
  /** What people should know of the settings, though nothing is wrong. */
  readonly notices: readonly string[];
  readonly stopRequest: StopRequest;
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
  /** When the process began, in milliseconds of the epoch. */
  readonly startedAt: number;
}

/** A child has to be ready within this time, also on a store that needs migrations. */
const READY_LIMIT_MS = 30_000;

/** Exit code after a second Ctrl-C, as of a program that the signal itself ended: 128 + 2. */
const FORCED_EXIT_CODE = 130;

/**
 * Runs the platform until it is told to stop, or cannot go on.
 *
 * @param deps - what it needs from outside.
 * @param settings - as loaded.
 * @returns the exit code: 0 after a clean end.
 * @throws `PlatformError` when the data directory cannot be used, {@link RoleFailure} when a role gave up.
 */
export async function runLauncher(deps: RunLauncherDeps, settings: LauncherConfig): Promise<number> {
  const config = { ...settings, dataDir: await ensureDataDirectory(settings.dataDir) };
  const repairs = await settleFiles(config.dataDir);
  checkFeedPath(config.dataDir, deps.env['RACETRACK_FEED']);
  await requireRoom(config.dataDir);
  const refusal = await checkReach(config);
  if (refusal !== undefined) throw refusal;
  const lock = await acquireDataDirectoryLock(config.dataDir);
  let sink: LogSink | undefined;
  try {
    await removeEndpointsFile(config.dataDir);
    await endLeftovers(lock.leftovers);
    await requireFreePorts(config);
    sink = createLogSink(config, deps.writeErr);
    for (const warning of [...repairs, ...deps.notices, ...findUnknownVariables(deps.env)])
      sink.log('warn', warning);
    return await runFamily(deps, config, lock, sink);
  } finally {
    await removeEndpointsFile(config.dataDir);
    await lock.release();
    sink?.close();
  }
}

async function runFamily(
  deps: RunLauncherDeps,
  config: LauncherConfig,
  lock: DataDirectoryLock,
  sink: LogSink,
): Promise<number> {
  const { graceful, forced } = deps.stopRequest;
  const failure = Promise.withResolvers<RoleFailure>();
  const endpoints: Endpoints = {};
  const roles: SupervisedRole[] = [];
  let recording = Promise.resolve();

  function recordChildren(): void {
    const pids = roles.map((role) => role.pid()).filter((pid) => pid !== undefined);
    recording = recording
      .then(() => lock.recordChildren(pids))
      .catch((error: unknown) => sink.log('warn', 'cannot write the lock file', { err: String(error) }));
  }

  for (const role of ROLES) if (config.roles.includes(role)) roles.push(createRole(role));

  function createRole(role: Role): SupervisedRole {
    return superviseRole(role, {
      entry: deps.entries[role],
      nodeFlags: deps.nodeFlags,
      readyLimitMs: READY_LIMIT_MS,
      composeEnvironment: () => composeEnvironment(role, config, deps.env, endpoints),
      onOutput: (chunk) => sink.write(role, chunk),
      onNotice: (text) => deps.writeOut(`${text}\n`),
      onProcessChange: recordChildren,
      onRestart: (reason, delayMs) => sink.log('error', `${reason}; starting it again`, { delayMs }),
      onFailure: failure.resolve,
    });
  }

  if (config.tutorial) deps.writeOut(renderTutorialWarning());
  const stopWish = once(graceful);
  const isolation = config.roles.includes('control') ? describeIsolation(config) : undefined;
  try {
    for (const wave of planStart(roles, config)) {
      const started = await Promise.race([Promise.all(wave.map((role) => role.start())), stopWish]);
      if (started === 'stop') break;
      for (const addresses of started) Object.assign(endpoints, nameLocally(addresses));
    }
    if (!graceful.aborted) {
      await writeEndpointsFile(config.dataDir, endpoints);
      announce(deps, config, sink, { endpoints, isolation: await isolation });
      const outcome = await Promise.race([failure.promise, stopWish]);
      if (outcome !== 'stop') throw outcome;
    }
    deps.writeErr(
      `\nracetrack: stopping${config.keepJobs ? '; jobs stay running' : ' the platform and its jobs'}\n`,
    );
  } finally {
    const isClean = await stopRoles(roles, forced);
    if (!isClean) deps.writeErr('racetrack: not everything ended by itself; the rest was killed\n');
    await recording;
  }
  return forced.aborted ? FORCED_EXIT_CODE : 0;
}

/** Control has to be told where pub is. Only if that cannot be known before pub listens, it waits for pub. */
function planStart(roles: readonly SupervisedRole[], config: LauncherConfig): SupervisedRole[][] {
  const isPubKnown = config.externalPubUrl !== undefined || config.pubPort !== 0;
  return isPubKnown ? [[...roles]] : roles.map((role) => [role]);
}

/** Asks the machine while the roles start; that nothing can be found out is no reason not to. */
async function describeIsolation({ isolation }: LauncherConfig): Promise<string> {
  try {
    return await presentIsolation(isolation, detectConfinement);
  } catch (error) {
    return `unknown: ${messageOf(error)}`;
  }
}

function announce(
  deps: RunLauncherDeps,
  config: LauncherConfig,
  sink: LogSink,
  { endpoints, isolation }: { readonly endpoints: Endpoints; readonly isolation: string | undefined },
): void {
  const startMs = Date.now() - deps.startedAt;
  sink.log('info', 'the platform is ready', { endpoints, isolation, startMs });
  if (config.logFormat === 'json') return;
  const { version } = deps;
  deps.writeOut(renderBanner({ version, config, endpoints, logFiles: sink.files, isolation, startMs }));
}

async function once(signal: AbortSignal): Promise<'stop'> {
  if (!signal.aborted) {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  }
  return 'stop';
}
