import { spawn } from 'node:child_process';
import { PlatformError } from '@racetrack-platform/errors';
import { limitLog } from './limited-log.ts';
import type { HostProgram } from './host-program.ts';
import { OUTPUT_BUDGET, type OutputBudget } from './output-budget.ts';
import { MAX_LINE_BYTES, type HostConfig, type HostOutput } from './protocol.ts';
import { readHostOutput } from './read-host-output.ts';

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
  /** @defaultValue {@link OUTPUT_BUDGET} for a program that is alone; none for one that several plugins share */
  readonly outputBudget?: OutputBudget;
}

/** What answers a request; every one is told exactly once how it ended, unless it was closed before. */
export interface RequestListener {
  /** @param chars - length of the line that it came in. */
  onMessage(message: Exclude<HostOutput, { log: unknown } | { error: unknown }>, chars: number): void;
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
  /**
   * Asks the process to end, and kills it when it does not within `graceMs`. Resolves when it is gone, or has been given up
   * two seconds later.
   */
  close(graceMs: number): Promise<void>;
  /** Kills the process. @param why - what everyone is told who waits for an answer. */
  kill(why: PlatformError): void;
}

/** After its end for what it wrote last: whoever has inherited its pipes may hold them open for ever. */
const LAST_OUTPUT_MS = 1_000;
/** For the kernel, after a process was killed. */
const GIVE_UP_MS = 2_000;

/** Starts a plugin host process. It ends with this one: it reads our end of its standard input. */
export function openHostConnection({ config, program, ...options }: OpenHostOptions): HostConnection {
  const logger = limitLog(options.logger);
  const { command, args, env, cwd, isAlone = false } = program;
  const child = spawn(command, args, { env, cwd, stdio: ['pipe', 'pipe', 'pipe'], detached: isAlone });
  let hasExited = false;
  const endProcesses = (): void => {
    if (child.pid !== undefined && !hasExited) killProcess(isAlone ? -child.pid : child.pid);
  };
  const listeners = new Map<number, RequestListener>();
  let lastId = 0;
  let closeError: PlatformError | undefined;
  let killedFor: PlatformError | undefined;
  const kill = (why: PlatformError): void => {
    killedFor ??= why;
    endProcesses();
  };

  // A write to a host that has just ended: `close` tells everyone.
  child.stdin.on('error', () => {});
  const writeLine = (message: unknown): void => {
    child.stdin.write(`${JSON.stringify(message)}\n`);
  };

  const output = readHostOutput({
    stdout: child.stdout,
    stderr: child.stderr,
    listeners,
    logger,
    budget: options.outputBudget ?? (isAlone ? OUTPUT_BUDGET : undefined),
    onOver: kill,
  });

  let abandon: (what: string) => void = () => {};
  const closed = new Promise<PlatformError>((resolve) => {
    const finish = (what: string, cause?: Error): void => {
      if (closeError !== undefined) return;
      const error =
        killedFor ??
        new PlatformError('PLUGIN_UNAVAILABLE', `the plugin host ${what}`, {
          cause,
          hint: 'It is restarted; try again. The platform log has its last output.',
        });
      closeError = error;
      output.stop();
      for (const listener of listeners.values()) listener.onFailure(error);
      listeners.clear();
      resolve(error);
    };
    abandon = (what) => {
      for (const pipe of child.stdio) pipe?.destroy();
      child.unref();
      finish(what);
    };
    child.on('error', (error) => {
      if (child.pid === undefined) finish(`could not be started: ${error.message}`, error);
    });
    child.on('exit', (code, signal) => {
      const what = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
      if (isAlone) endProcesses();
      hasExited = true;
      const timer = setTimeout(() => abandon(what), LAST_OUTPUT_MS);
      child.on('close', () => {
        clearTimeout(timer);
        finish(what);
      });
    });
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
      const killing = setTimeout(endProcesses, graceMs);
      const givingUp = setTimeout(() => abandon('cannot be ended'), graceMs + GIVE_UP_MS);
      await closed;
      clearTimeout(killing);
      clearTimeout(givingUp);
    },

    kill,
  };
}

/** @param pid - negative: of a process group. */
function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}
