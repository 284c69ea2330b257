import { ERROR_CODES, PlatformError, toPlatformError } from '@racetrack-platform/errors';
import type { AddressInfo } from 'node:net';
import { getSystemErrorMessage } from 'node:util';
import { parseConfig, type PubConfig } from './config.ts';
import { createPub, type Pub } from './create-pub.ts';
import { createLogger, type Logger } from './telemetry/logger.ts';

/** When the launcher died nobody waits for us, and its successor wants the port. */
const ORPHAN_TIMEOUT_MS = 5_000;

/** What pub tells the launcher over the IPC channel. */
type LauncherMessage =
  | { readonly type: 'ready'; readonly endpoints: { readonly pub: string } }
  | {
      readonly type: 'fatal';
      readonly message: string;
      readonly hint: string | undefined;
      readonly exitCode: number;
    };

await main();

async function main(): Promise<void> {
  try {
    const config = parseConfig(process.env);
    const logger = createLogger(config.logLevel);
    const pub = createPub({ config, logger });
    await pub.start();
    const url = await listen(pub, config);
    // A connection that cannot be accepted, for want of file descriptors, is no reason to end.
    pub.server.on('error', (error) => logger.error({ err: error }, 'a connection was not accepted'));
    stopOnRequest(pub, config, logger);
    logger.info({ url }, 'pub is listening');
    tellLauncher({ type: 'ready', endpoints: { pub: url } });
  } catch (error) {
    fail(error);
  }
}

async function listen({ server }: Pub, { host, port }: PubConfig): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(explainListenError(error, host, port));
    });
    server.listen({ host, port, backlog: 1_024 }, resolve);
  });
  const address = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}

/** Node's own text would name the operation and the address once more. */
function explainListenError(error: NodeJS.ErrnoException, host: string, port: number): PlatformError {
  if (error.code === 'EADDRINUSE') {
    return new PlatformError('PORT_IN_USE', `port ${port} on ${host} is taken`, {
      cause: error,
      hint: 'Stop what uses it, or choose another port with --pub-port, or another address with --host.',
    });
  }
  const reason = error.errno === undefined ? error.message : getSystemErrorMessage(error.errno);
  return new PlatformError('CONFIG_INVALID', `pub cannot listen on port ${port} of ${host}: ${reason}`, {
    cause: error,
    hint: 'Choose another port with --pub-port, or another address with --host.',
  });
}

function stopOnRequest(pub: Pub, config: PubConfig, logger: Logger): void {
  let isStopping = false;
  const stop = (reason: string, timeoutMs: number): void => {
    if (isStopping) return;
    isStopping = true;
    logger.info({ reason }, 'pub is shutting down');
    pub.stop(timeoutMs).then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('message', (message) => {
    if (isShutdown(message)) stop('launcher', config.shutdownTimeoutMs);
  });
  process.once('disconnect', () => {
    stop('launcher is gone', Math.min(ORPHAN_TIMEOUT_MS, config.shutdownTimeoutMs));
  });
  process.on('SIGTERM', () => stop('SIGTERM', config.shutdownTimeoutMs));
  // A Ctrl-C reaches the whole family at once; the launcher decides in which order its children stop.
  process.on('SIGINT', () => {
    if (process.channel === undefined || process.channel === null) stop('SIGINT', config.shutdownTimeoutMs);
  });
}

function isShutdown(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'shutdown';
}

function tellLauncher(message: LauncherMessage): void {
  process.send?.(message);
}

function fail(thrown: unknown): void {
  const error = toPlatformError(thrown);
  const { exitCode } = ERROR_CODES[error.code];
  createLogger('error').fatal({ err: thrown }, 'pub failed');
  const message: LauncherMessage = { type: 'fatal', message: error.message, hint: error.hint, exitCode };
  if (process.send === undefined) process.exit(exitCode);
  else process.send(message, () => process.exit(exitCode));
}
