import { runBuilder } from './run-builder.ts';
import { loadConfig } from './config.ts';
import { killRunningCommands } from './steps/run-command.ts';

/** A cancelled build has this long to clean up. */
const CANCEL_GRACE_MS = 10_000;

// What jobs run from must be readable for the accounts that run them, and writable for none of them.
process.umask(0o022);
process.on('exit', killRunningCommands);

const interruption = new AbortController();
const interrupt = (): void => {
  interruption.abort();
  setTimeout(() => process.exit(1), CANCEL_GRACE_MS).unref();
};
process.on('SIGTERM', interrupt).on('SIGINT', interrupt).on('SIGHUP', interrupt);
process.stdin.on('end', interrupt).on('error', interrupt);
// A parent that no longer reads is gone.
process.stdout.on('error', interrupt);

const exitCode = await runBuilder({
  config: loadConfig(process.env),
  input: process.stdin,
  write: (line) => void process.stdout.write(line),
  interrupted: interruption.signal,
  logFault: (err) =>
    void process.stderr.write(
      `${JSON.stringify({ level: 50, time: Date.now(), msg: 'build failed by a bug', err })}\n`,
    ),
  now: Date.now,
});
process.stdout.write('', () => process.exit(exitCode));
