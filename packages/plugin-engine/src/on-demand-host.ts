import { PlatformError } from '@racetrack-platform/errors';
import type { z } from 'zod';
import { callHost, parseAnswer, type CallOptions } from './call-host.ts';
import { openHostConnection, type HostConnection, type OpenHostOptions } from './host-connection.ts';
import {
  HOOKS,
  type CallName,
  type CallParams,
  type CallResult,
  type HookName,
  type HookParams,
  type HookResult,
  type PluginDescription,
} from './protocol.ts';

export interface OnDemandHostOptions extends OpenHostOptions {
  /** From the start of the process until the plugin is set up, milliseconds. */
  readonly startTimeoutMs: number;
  /** Without a call for so long, the process is ended. */
  readonly idleMs: number;
  /** Time for a sign of life after a call took too long; a host that takes longer is ended. */
  readonly probeTimeoutMs: number;
  /** After this many ends in a row that nobody asked for, the plugin waits before it is started again. */
  readonly crashesBeforePause: number;
  readonly pauseMs: number;
}

/** Usual values. */
export const ON_DEMAND: Omit<OnDemandHostOptions, keyof OpenHostOptions> = {
  startTimeoutMs: 30_000,
  idleMs: 60_000,
  probeTimeoutMs: 5_000,
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
  /** Processes that are being ended. */
  readonly #ending = new Set<Promise<void>>();

  constructor(options: OnDemandHostOptions) {
    this.#options = options;
  }

  /** Whether a process of it is running, or starting. */
  get isRunning(): boolean {
    return this.#connection !== undefined;
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
      try {
        return await callHost(connection, plugin, method, params, options);
      } catch (error) {
        if (PlatformError.is(error) && error.code === 'PLUGIN_UNAVAILABLE') this.#suspect(connection);
        throw error;
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
    // The table pairs each name with its schemas, which the compiler cannot see through the index.
    const schema = HOOKS[name].result as unknown as z.ZodType<HookResult<Name>>;
    return parseAnswer(plugin, name, schema, answer);
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
    clearTimeout(this.#idleTimer);
    this.#activeCalls += 1;
    try {
      const answer = await work(await this.#getConnection());
      this.#crashes = 0;
      return answer;
    } finally {
      this.#activeCalls -= 1;
      if (this.#activeCalls === 0 && this.#connection !== undefined) {
        this.#idleTimer = setTimeout(() => this.#end(), this.#options.idleMs);
        this.#idleTimer.unref();
      }
    }
  }

  async #getConnection(): Promise<HostConnection> {
    const opening = (this.#connection ??= this.#open());
    try {
      return await opening;
    } catch (error) {
      if (this.#connection === opening) this.#connection = undefined;
      throw error;
    }
  }

  async #open(): Promise<HostConnection> {
    if (this.#isStopped) throw new PlatformError('PLUGIN_UNAVAILABLE', 'the plugin was removed');
    this.#refuseDuringPause();
    const connection = openHostConnection(this.#options);
    void connection.closed.then(() => this.#onClosed(connection));
    const options = { timeoutMs: this.#options.startTimeoutMs, signal: new AbortController().signal };
    try {
      const [description] = await callHost(connection, null, 'describe', {}, options);
      this.#description = description;
      return connection;
    } catch (error) {
      await connection.close(0);
      throw error;
    }
  }

  #onClosed(connection: HostConnection): void {
    void this.#connection?.then(
      (current) => {
        if (current !== connection) return;
        this.#connection = undefined;
        this.#countCrash();
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
    void probe.catch(async () => {
      this.#options.logger.error({ pid: connection.pid }, 'a plugin is stuck; its process is ended');
      await connection.close(0);
    });
  }

  #end(): void {
    clearTimeout(this.#idleTimer);
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#connection = undefined;
    const ending = connection
      .then(async (open) => await open.close(CLOSE_GRACE_MS))
      .catch(() => {})
      .finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}
