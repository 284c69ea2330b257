import { ERROR_CODES, toPlatformError } from '@racetrack-platform/errors';
import { parseConfig } from './config.ts';
import { startControl } from './start-control.ts';
import { createLogger } from './telemetry/logger.ts';

/** What travels between the launcher and us; without a launcher nobody listens, which is fine. */
function tell(message: Record<string, unknown>): void {
  process.send?.(message);
}

try {
  const config = parseConfig(process.env);
  const logger = createLogger({ level: config.logLevel, name: 'lifecycle' });
  const control = await startControl({
    config,
    env: process.env,
    logger,
    notice: (text) => tell({ type: 'notice', text }),
  });
  let stopping = false;
  const stop = (why: string): void => {
    if (stopping) return;
    stopping = true;
    logger.info({ why }, 'stopping');
    void control.stop().finally(() => process.exit(0));
  };
  process.on('message', (message) => {
    if ((message as { type?: string }).type === 'shutdown') stop('asked by the launcher');
  });
  process.on('disconnect', () => process.exit(0));
  process.on('SIGTERM', () => stop('SIGTERM'));
  // A Ctrl-C reaches the whole group; with a launcher, it decides what happens when.
  process.on('SIGINT', () => {
    if (!process.connected) stop('SIGINT');
  });
  tell({ type: 'ready', endpoints: control.endpoints });
} catch (error) {
  const failure = toPlatformError(error);
  process.stderr.write(
    `${JSON.stringify({ level: 60, name: 'lifecycle', msg: failure.message, stack: (error as Error).stack })}\n`,
  );
  const { exitCode, retryable } = ERROR_CODES[failure.code];
  tell({ type: 'fatal', message: failure.message, hint: failure.hint, exitCode, retryable });
  process.exitCode = exitCode;
  process.disconnect?.();
}
