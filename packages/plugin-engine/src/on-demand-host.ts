import { PlatformError } from '@racetrack-platform/errors';
import { callHost, type CallOptions } from './call-host.ts';
import { openHostConnection, type HostConnection, type OpenHostOptions } from './host-connection.ts';
import { parseHookAnswer } from './parse-hook-answer.ts';
import {
  SETUP_TIMEOUT_MS,
  type CallName,
  type CallParams,
  type CallResult,
  type HookName,
  type HookParams,
  type HookResult,
  type HostConfig,
  type PluginDescription,
  type StreamItem,
  type StreamName,
  type StreamParams,
} from './protocol.ts';
import { streamFromHost, type StreamOptions } from './stream-from-host.ts';
import { untilAborted } from './until-aborted.ts';
import { watchMemory, type MemoryWatch } from './watch-memory.ts';

export interface OnDemandHostOptions extends OpenHostOptions {
  /**
   * From the start of the process until the plugin is set up, milliseconds: longer than a host gives the setup itself,
   * which it cannot end while the plugin blocks it.
   */
  readonly startTimeoutMs: number;
  /** Without a call for so long, the process is ended. */
  readonly idleMs: number;
  /** Time for a sign of life after a call took too long; a host that takes longer is ended. */
  readonly probeTimeoutMs: number;
  /** During a call that may take longer, the process has to show a sign of life after so long. */
  readonly suspectAfterMs: number;
  /** After this many ends in a row that nobody asked for, the plugin waits before it is started again. */
  readonly crashesBeforePause: number;
  readonly pauseMs: number;
  /** @defaultValue nobody looks */
  readonly memory?: MemoryWatch;
}

/** Usual values. */
export const ON_DEMAND: Omit<OnDemandHostOptions, keyof OpenHostOptions> = {
  startTimeoutMs: 20_000,
  idleMs: 60_000,
  probeTimeoutMs: 5_000,
  suspectAfterMs: 30_000,
  crashesBeforePause: 3,
  pauseMs: 10_000,
};

const CLOSE_GRACE_MS = 2_000;

/** A plugin's own process: started by the first call, ended when there was none for a while. */
export class OnDemandHost implements AsyncDisposable {
  readonly #options: OnDemandHostOptions;
  #connection: Promise<HostConnection> | undefined;
  #description: PluginDescription | undefined;
  #activeCalls = 0;
  #idleTimer: NodeJS.Timeout | undefined;
  #crashes = 0;
  #pausedUntil = 0;
  #isStopped = false;
  /** Of which it is not known yet whether it comes up. */
  #opening: HostConnection | undefined;
  #isProbing = false;
  #onEnd: (cause: PlatformError) => void = () => {};
  /** Processes that are being ended. */
  readonly #ending = new Set<Promise<void>>();

  constructor(options: OnDemandHostOptions) {
    this.#options = options;
  }

  /** Whether a process of it is running, or starting. */
  get isRunning(): boolean {
    return this.#connection !== undefined;
  }

  /** @param listener - told, instead of the one before, when a process of it has ended and nobody asked for that. */
  onEnd(listener: (cause: PlatformError) => void): void {
    this.#onEnd = listener;
  }

  /**
   * What the plugin offers, or why it cannot be used, as of the last start of its process.
   *
   * @throws PlatformError `PLUGIN_UNAVAILABLE` when the process does not come up.
   */
  async describe(signal: AbortSignal): Promise<PluginDescription> {
    if (this.#description === undefined) await this.#use(async () => await Promise.resolve(), signal);
    if (this.#description !== undefined) return this.#description;
    throw new PlatformError('PLUGIN_FAILED', 'the plugin does not describe itself');
  }

  /**
   * Calls the plugin, starting its process when there is none.
   *
   * @throws PlatformError the plugin's own; `PLUGIN_UNAVAILABLE` when the process ends, does not come up, or takes too
   *   long. The signal's reason when it is aborted.
   */
  async call<Name extends CallName>(
    plugin: string,
    method: Name,
    params: CallParams<Name>,
    options: CallOptions,
  ): Promise<CallResult<Name>> {
    return await this.#use(async (connection) => {
      const { suspectAfterMs } = this.#options;
      const timer =
        options.timeoutMs > suspectAfterMs
          ? setTimeout(() => this.#suspect(connection), suspectAfterMs)
          : undefined;
      try {
        return await callHost(connection, plugin, method, params, options);
      } catch (error) {
        if (PlatformError.is(error) && error.code === 'PLUGIN_UNAVAILABLE') this.#suspect(connection);
        throw error;
      } finally {
        clearTimeout(timer);
      }
    }, options.signal);
  }

  /**
   * Calls one of the plugin's hooks.
   *
   * @throws PlatformError as {@link call}; `PLUGIN_FAILED` with what the hook threw, or for an answer of another shape.
   */
  async callHook<Name extends HookName>(
    plugin: string,
    name: Name,
    params: HookParams<Name>,
    options: CallOptions,
  ): Promise<HookResult<Name>> {
    const answer = await this.call(plugin, 'hook', { ...params, hook: name }, options);
    return parseHookAnswer(plugin, name, answer);
  }

  /**
   * Yields what the plugin streams; its process is in use until the loop is left.
   *
   * @throws PlatformError as {@link call}.
   */
  async *stream<Name extends StreamName>(
    plugin: string,
    method: Name,
    params: StreamParams<Name>,
    options: StreamOptions,
  ): AsyncGenerator<StreamItem<Name>, void, undefined> {
    options.signal.throwIfAborted();
    this.#begin();
    try {
      const connection = await this.#getConnection(options.signal);
      yield* streamFromHost(connection, plugin, method, params, options);
    } finally {
      this.#finish();
    }
  }

  /** Ends the process and starts no other: the plugin is removed, or the platform stops. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#end();
    await Promise.all(this.#ending);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #use<T>(work: (connection: HostConnection) => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    this.#begin();
    try {
      const answer = await work(await this.#getConnection(signal));
      this.#crashes = 0;
      return answer;
    } finally {
      this.#finish();
    }
  }

  #begin(): void {
    clearTimeout(this.#idleTimer);
    this.#activeCalls += 1;
  }

  #finish(): void {
    this.#activeCalls -= 1;
    if (this.#activeCalls > 0 || this.#connection === undefined) return;
    this.#idleTimer = setTimeout(() => this.#end(), this.#options.idleMs);
    this.#idleTimer.unref();
  }

  async #getConnection(signal: AbortSignal): Promise<HostConnection> {
    // What several wait for goes on when one of them has gone.
    return await untilAborted((this.#connection ??= this.#openOnce()), signal);
  }

  #openOnce(): Promise<HostConnection> {
    const opening = this.#open();
    opening.catch(() => {
      if (this.#connection === opening) this.#connection = undefined;
    });
    return opening;
  }

  async #open(): Promise<HostConnection> {
    if (this.#isStopped) throw new PlatformError('PLUGIN_UNAVAILABLE', 'the plugin was removed');
    this.#refuseDuringPause();
    const connection = openHostConnection(this.#options);
    this.#opening = connection;
    if (this.#options.memory !== undefined) watchMemory(connection, this.#options.memory);
    void connection.closed.then((cause) => this.#onClosed(connection, cause));
    const { startTimeoutMs, config } = this.#options;
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(describeBlocked(config)), startTimeoutMs);
    try {
      const options = { timeoutMs: 2 * startTimeoutMs, signal: limit.signal };
      const [description] = await callHost(connection, null, 'describe', {}, options);
      this.#description = description;
      return connection;
    } catch (error) {
      await connection.close(0);
      throw error;
    } finally {
      clearTimeout(timer);
      if (this.#opening === connection) this.#opening = undefined;
    }
  }

  #onClosed(connection: HostConnection, cause: PlatformError): void {
    void this.#connection?.then(
      (current) => {
        if (current !== connection) return;
        this.#connection = undefined;
        this.#countCrash();
        this.#onEnd(cause);
      },
      () => this.#countCrash(),
    );
  }

  #countCrash(): void {
    this.#crashes += 1;
    if (this.#crashes < this.#options.crashesBeforePause) return;
    this.#crashes = 0;
    this.#pausedUntil = Date.now() + this.#options.pauseMs;
    this.#options.logger.error({ pauseMs: this.#options.pauseMs }, 'a plugin keeps ending and is left alone');
  }

  #refuseDuringPause(): void {
    const leftMs = this.#pausedUntil - Date.now();
    if (leftMs <= 0) return;
    throw new PlatformError('PLUGIN_UNAVAILABLE', 'the plugin keeps ending by itself', {
      hint: `It is tried again in ${Math.ceil(leftMs / 1_000)} s; the platform log has its last output.`,
    });
  }

  /** Ends a process that shows no sign of life. */
  #suspect(connection: HostConnection): void {
    if (this.#isProbing) return;
    this.#isProbing = true;
    const probe = callHost(
      connection,
      null,
      'describe',
      {},
      {
        timeoutMs: this.#options.probeTimeoutMs,
        signal: new AbortController().signal,
      },
    );
    void probe
      .catch(() => {
        this.#options.logger.error({ pid: connection.pid }, 'a plugin is stuck; its process is ended');
        connection.kill(
          new PlatformError('PLUGIN_UNAVAILABLE', 'the plugin was ended: it showed no sign of life', {
            hint: 'The next call starts it again. Work that takes long has to leave time for other calls.',
          }),
        );
      })
      .finally(() => {
        this.#isProbing = false;
      });
  }

  #end(): void {
    clearTimeout(this.#idleTimer);
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#connection = undefined;
    // It has no work yet that would be worth a wait, and may never come up.
    void this.#opening?.close(0);
    const ending = connection
      .then(async (open) => await open.close(CLOSE_GRACE_MS))
      .catch(() => {})
      .finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}

/** In the words that a host has for a plugin that takes its time without blocking it. */
function describeBlocked({ setupTimeoutMs = SETUP_TIMEOUT_MS }: HostConfig): PlatformError {
  return new PlatformError('PLUGIN_UNAVAILABLE', `it was not set up within ${setupTimeoutMs / 1_000} s`, {
    hint: 'An endless loop or a long wait at its start is the usual cause.',
  });
}
