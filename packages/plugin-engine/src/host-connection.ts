import { spawn } from 'node:child_process';
import { isErrorCode, PlatformError } from '@racetrack-platform/errors';
import { createLineSplitter } from './line-splitter.ts';
import type { HostProgram } from './host-program.ts';
import { MAX_LINE_BYTES, parseHostOutput, type HostConfig, type HostOutput } from './protocol.ts';

/** The part of a pino logger that is used here. */
export interface PluginHostLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface OpenHostOptions {
  readonly config: HostConfig;
  readonly logger: PluginHostLogger;
  readonly program: HostProgram;
}

/** What answers a request; every one is told exactly once how it ended, unless it was closed before. */
export interface RequestListener {
  onMessage(message: Exclude<HostOutput, { log: unknown } | { error: unknown }>): void;
  onFailure(error: PlatformError): void;
}

/** One running plugin host process. */
export interface HostConnection {
  readonly pid: number | undefined;
  /** Resolves with the cause when the process has ended; never rejects. */
  readonly closed: Promise<PlatformError>;
  /**
   * Sends a request.
   *
   * @returns its id, for the two below and for `forget`.
   * @throws PlatformError `REQUEST_INVALID` when it is longer than a line may be.
   */
  send(
    request: { plugin: string | null; method: string; params: unknown },
    listener: RequestListener,
  ): number;
  /** Stops listening, and tells the host to stop working on it. */
  cancel(id: number): void;
  /** Stops listening to a request that has ended. */
  forget(id: number): void;
  /** Allows the host to send further items of a stream. */
  pull(id: number, count: number): void;
  /** Asks the process to end, and kills it when it does not within `graceMs`. Resolves when it is gone. */
  close(graceMs: number): Promise<void>;
}

/** Longest line of a plugin's own output that is kept. */
const MAX_PRINTED_BYTES = 64 * 1024;

/** Starts a plugin host process. It ends with this one: it reads our end of its standard input. */
export function openHostConnection({ config, logger, program }: OpenHostOptions): HostConnection {
  const { command, args, env } = program;
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const listeners = new Map<number, RequestListener>();
  let lastId = 0;
  let closeError: PlatformError | undefined;

  // A write to a host that has just ended: `close` tells everyone.
  child.stdin.on('error', () => {});
  const writeLine = (message: unknown): void => {
    child.stdin.write(`${JSON.stringify(message)}\n`);
  };

  child.stdout.on(
    'data',
    createLineSplitter({
      maxBytes: MAX_LINE_BYTES,
      onLine: (line) => receive(line, listeners, logger),
      onTooLong: () => logger.error({}, 'a line of a plugin host was too long and is lost'),
    }),
  );
  child.stderr.on(
    'data',
    createLineSplitter({
      maxBytes: MAX_PRINTED_BYTES,
      onLine: (text) => logger.info({ text }, 'plugin output'),
      onTooLong: () => logger.warn({}, 'a line of plugin output was too long and is lost'),
    }),
  );

  const closed = new Promise<PlatformError>((resolve) => {
    const finish = (what: string, cause?: Error): void => {
      const error = new PlatformError('PLUGIN_UNAVAILABLE', `the plugin host ${what}`, {
        cause,
        hint: 'It is restarted; try again. The platform log has its last output.',
      });
      closeError = error;
      for (const listener of listeners.values()) listener.onFailure(error);
      listeners.clear();
      resolve(error);
    };
    child.on('error', (error) => {
      if (child.pid === undefined) finish(`could not be started: ${error.message}`, error);
    });
    child.on('close', (code, signal) =>
      finish(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`),
    );
  });

  writeLine(config);

  return {
    pid: child.pid,
    closed,

    send(request, listener) {
      const line = JSON.stringify({ id: lastId + 1, ...request });
      if (Buffer.byteLength(line) > MAX_LINE_BYTES) {
        throw new PlatformError('REQUEST_INVALID', `the request ${request.method} is too long for a plugin`);
      }
      lastId += 1;
      if (closeError !== undefined) {
        const error = closeError;
        queueMicrotask(() => listener.onFailure(error));
        return lastId;
      }
      listeners.set(lastId, listener);
      child.stdin.write(`${line}\n`);
      return lastId;
    },

    cancel(id) {
      if (listeners.delete(id)) writeLine({ cancel: id });
    },

    forget(id) {
      listeners.delete(id);
    },

    pull(id, count) {
      writeLine({ pull: id, count });
    },

    async close(graceMs) {
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

function receive(line: string, listeners: Map<number, RequestListener>, logger: PluginHostLogger): void {
  const message = parseHostOutput(line);
  if (message === undefined) {
    logger.warn({ text: line.slice(0, 200) }, 'a plugin printed past the protocol');
  } else if ('log' in message) {
    const { plugin, level, message: text, fields } = message.log;
    logger[level]({ ...fields, plugin }, text);
  } else if (message.id === null) {
    logger.error(
      { error: 'error' in message ? message.error : null },
      'a plugin host did not understand a line',
    );
  } else if ('error' in message) {
    const { code, message: text, hint } = message.error;
    listeners
      .get(message.id)
      ?.onFailure(
        new PlatformError(isErrorCode(code) ? code : 'PLUGIN_FAILED', text, { hint: hint ?? undefined }),
      );
  } else {
    listeners.get(message.id)?.onMessage(message);
  }
}
