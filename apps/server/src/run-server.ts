import { ERROR_CODES, PlatformError } from '@racetrack-platform/errors';
import { parseCommandLine } from './command-line.ts';
import { loadConfig, type Flags } from './config.ts';
import { printFailure } from './output/print-failure.ts';
import { RoleFailure } from './roles/role-failure.ts';
import { runLauncher, type RunLauncherDeps } from './run-launcher.ts';
import { createStopRequest } from './stop-request.ts';
import { stopPlatform } from './stop-platform.ts';

/** What `main.ts` puts in; a test starts the launcher with programs of its own. */
export interface ServerProgram extends Pick<RunLauncherDeps, 'env' | 'entries' | 'nodeFlags' | 'version'> {
  /** Without the names of the interpreter and the script. */
  readonly args: readonly string[];
}

type Write = (text: string) => void;

/**
 * Runs the command line of the launcher in this process.
 *
 * @returns the exit code.
 */
export async function runServer(program: ServerProgram): Promise<number> {
  const writeOut = (text: string): void => void process.stdout.write(text);
  const writeErr = (text: string): void => void process.stderr.write(text);
  const invocation = parseCommandLine({ writeOut, writeErr }, program.args);
  try {
    switch (invocation.kind) {
      case 'answered':
        return invocation.exitCode;
      case 'stop':
        return await stop(program, invocation.flags, writeOut, writeErr);
      case 'run':
        return await start(program, invocation.flags, writeOut, writeErr);
    }
  } catch (error) {
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
  writeOut: Write,
  writeErr: Write,
): Promise<number> {
  const startedAt = Date.now() - Math.round(process.uptime() * 1000);
  const config = loadConfig(flags, env);
  const stopRequest = createStopRequest();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => stopRequest.receive(signal));
  }
  // A parent that opened a channel to us (the demo, a test) wants us to go when it goes.
  if (process.connected) process.once('disconnect', () => stopRequest.receive('SIGTERM'));
  return await runLauncher(
    { env, entries, nodeFlags, version, stopRequest, writeOut, writeErr, startedAt },
    config,
  );
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
