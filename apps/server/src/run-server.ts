import { ERROR_CODES, PlatformError } from '@racetrack-platform/errors';
import { parseCommandLine } from './command-line.ts';
import type { BackupAction } from './backup/backup-command.ts';
import { loadConfig, type Flags } from './config.ts';
import { resolveConfiguration, type Configuration } from './configuration/resolve-configuration.ts';
import type { DbAction } from './db/db-command.ts';
import { closeInherited } from './environment/close-inherited.ts';
import type { DoctorOptions } from './doctor/run-doctor.ts';
import { explainFileError } from './files/explain-file-error.ts';
import type { ImportAction } from './import-original/import-command.ts';
import { printFailure } from './output/print-failure.ts';
import { RoleFailure } from './roles/role-failure.ts';
import { runLauncher, type RunLauncherDeps } from './run-launcher.ts';
import { createStopRequest } from './stop-request.ts';
import { stopPlatform } from './stop-platform.ts';
import type { AdministrationAction } from './users/administration-command.ts';

/** What `main.ts` puts in; a test starts the launcher with programs of its own. */
export interface ServerProgram extends Pick<RunLauncherDeps, 'env' | 'entries' | 'nodeFlags' | 'version'> {
  /** Without the names of the interpreter and the script. */
  readonly args: readonly string[];
  /** The program of lifecycle that imports from the original. */
  readonly importEntry: string;
}

type Write = (text: string) => void;

/**
 * Runs the command line of the launcher in this process.
 *
 * @returns the exit code.
 */
export async function runServer(given: ServerProgram): Promise<number> {
  const writeOut = (text: string): void => void process.stdout.write(text);
  const writeErr = (text: string): void => void process.stderr.write(text);
  const invocation = parseCommandLine({ writeOut, writeErr }, given.args);
  // Nothing that this process or a child of it makes is open to others unless that was said.
  process.umask(0o077);
  if (invocation.kind === 'answered') return invocation.exitCode;
  try {
    const { env, settings, notices } = await resolveConfiguration(invocation.flags, given.env);
    const program = { ...given, env };
    switch (invocation.kind) {
      case 'print-config':
        return await printConfig(invocation.flags, { env, settings, notices }, writeOut, writeErr);
      case 'stop':
        return await stop(program, invocation.flags, writeOut, writeErr);
      case 'doctor':
        return await examine(program, invocation.flags, invocation.options, writeOut);
      case 'db':
        return await lookAfterStore(program, invocation.flags, invocation.action, writeOut, writeErr);
      case 'backup':
        return await keepSafe(program, invocation.flags, invocation.action, writeOut, writeErr);
      case 'import':
        return await takeOver(program, invocation.flags, invocation.action);
      case 'administer':
        return await administer(program, invocation.flags, invocation.action, writeOut, writeErr);
      case 'run':
        return await start(program, invocation.flags, notices, { writeOut, writeErr });
    }
  } catch (thrown) {
    const error = explainFileError(thrown) ?? thrown;
    if (PlatformError.is(error)) {
      printFailure(writeErr, error);
      return ERROR_CODES[error.code].exitCode;
    }
    if (error instanceof RoleFailure) {
      printFailure(writeErr, error);
      return error.exitCode;
    }
    throw error;
  }
}

async function start(
  { env, entries, nodeFlags, version }: ServerProgram,
  flags: Flags,
  notices: readonly string[],
  { writeOut, writeErr }: { readonly writeOut: Write; readonly writeErr: Write },
): Promise<number> {
  const startedAt = Date.now() - Math.round(process.uptime() * 1000);
  const config = loadConfig(flags, env);
  // What was named on the command line has been read by now.
  closeInherited();
  const stopRequest = createStopRequest();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => stopRequest.receive(signal));
  }
  // A parent that opened a channel to us (the demo, a test) wants us to go when it goes.
  if (process.connected) process.once('disconnect', () => stopRequest.receive('SIGTERM'));
  return await runLauncher(
    { env, entries, nodeFlags, version, notices, stopRequest, writeOut, writeErr, startedAt },
    config,
  );
}

async function printConfig(
  flags: Flags,
  { env, settings, notices }: Configuration,
  writeOut: Write,
  writeErr: Write,
): Promise<number> {
  // What contradicts itself is refused here as at the start.
  loadConfig(flags, env);
  const { renderConfiguration } = await import('./configuration/print-configuration.ts');
  writeOut(renderConfiguration(settings));
  const { findUnknownVariables } = await import('./environment/find-unknown-variables.ts');
  for (const notice of [...notices, ...findUnknownVariables(env)]) writeErr(`racetrack: ${notice}\n`);
  return 0;
}

async function examine(
  { env, version }: ServerProgram,
  flags: Flags,
  options: DoctorOptions,
  writeOut: Write,
): Promise<number> {
  const config = loadConfig(flags, env);
  // Loaded only when it is wanted: the launcher itself needs neither a database nor a sandbox.
  const { runDoctor } = await import('./doctor/run-doctor.ts');
  return await runDoctor({ config, env, version }, options, writeOut);
}

async function lookAfterStore(
  { env, version }: ServerProgram,
  flags: Flags,
  action: DbAction,
  writeOut: Write,
  writeErr: Write,
): Promise<number> {
  const { dataDir } = loadConfig(flags, env);
  const { runDb } = await import('./db/run-db.ts');
  return await runDb({ dataDir, env, version, writeOut, writeErr }, action);
}

async function keepSafe(
  { env, version }: ServerProgram,
  flags: Flags,
  action: BackupAction,
  writeOut: Write,
  writeErr: Write,
): Promise<number> {
  const { dataDir } = loadConfig(flags, env);
  const { runBackup } = await import('./backup/run-backup.ts');
  return await runBackup({ dataDir, env, version, writeOut, writeErr }, action);
}

async function takeOver(
  { env, nodeFlags, importEntry }: ServerProgram,
  flags: Flags,
  action: ImportAction,
): Promise<number> {
  const { dataDir } = loadConfig(flags, env);
  const { runImportOriginal } = await import('./import-original/run-import-original.ts');
  return await runImportOriginal({ dataDir, env, nodeFlags, entry: importEntry }, action);
}

async function administer(
  { env }: ServerProgram,
  flags: Flags,
  action: AdministrationAction,
  writeOut: Write,
  writeErr: Write,
): Promise<number> {
  const { dataDir } = loadConfig(flags, env);
  const { runAdministration } = await import('./users/run-administration.ts');
  return await runAdministration({ dataDir, env, writeOut, writeErr }, action);
}

async function stop({ env }: ServerProgram, flags: Flags, writeOut: Write, writeErr: Write): Promise<number> {
  const { dataDir } = loadConfig(flags, env);
  const outcome = await stopPlatform(dataDir);
  switch (outcome.kind) {
    case 'not-running':
      writeOut(`No platform runs on ${dataDir}.\n`);
      return 0;
    case 'stopped':
      writeOut(`The platform on ${dataDir} has stopped (process ${outcome.pid}).\n`);
      return 0;
    case 'stuck':
      writeErr(`The platform on ${dataDir} has not stopped in time (process ${outcome.pid}).\n`);
      return 1;
  }
}
