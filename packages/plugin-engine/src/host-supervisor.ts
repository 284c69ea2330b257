import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '@racetrack-platform/errors';
import { callHost, type CallOptions } from './call-host.ts';
import { openHostConnection, type HostConnection, type OpenHostOptions } from './host-connection.ts';
import type { HostConfig, PluginDescription } from './protocol.ts';

export interface HostSupervisorOptions extends OpenHostOptions {
  /** From the start of the process until all plugins are set up. */
  readonly startTimeoutMs: number;
  /** Time for a sign of life; a host that takes longer is stuck in a plugin's loop. */
  readonly probeTimeoutMs: number;
  /** Wait before the first restart; doubled with each further one, up to {@link MAX_RESTART_DELAY_MS}. */
  readonly restartDelayMs: number;
}

const MAX_RESTART_DELAY_MS = 5_000;
/** A host that worked this long has come up: its end is a new story, and somebody waits for the next one. */
const STABLE_AFTER_MS = 1_000;
const CLOSE_GRACE_MS = 2_000;

/** Keeps one plugin host running: starts it again when it ends, ends it when it is stuck. */
export class HostSupervisor {
  #options: HostSupervisorOptions;
  readonly #stopping = new AbortController();
  #current = Promise.withResolvers<HostConnection>();
  #connection: HostConnection | undefined;
  #descriptions: readonly PluginDescription[] = [];
  #loop: Promise<void> | undefined;
  #isProbing = false;
  /** What the running process was started with. */
  #runningConfig: HostConfig | undefined;
  /** Whether the process ends because another one was asked for. */
  #isChanging = false;

  constructor(options: HostSupervisorOptions) {
    this.#options = options;
  }

  /** As of the last start of the host. */
  get descriptions(): readonly PluginDescription[] {
    return this.#descriptions;
  }

  /**
   * Starts the host.
   *
   * @throws PlatformError `PLUGIN_UNAVAILABLE` when it does not come up; then it is not tried again.
   */
  async start(): Promise<void> {
    const connection = await this.#open();
    this.#loop = this.#keepRunning(connection);
  }

  /**
   * The running host; waits for a restart that is under way.
   *
   * @throws PlatformError `PLUGIN_UNAVAILABLE` when there is none in time.
   */
  async getConnection({ signal, timeoutMs }: CallOptions): Promise<HostConnection> {
    signal.throwIfAborted();
    this.#refuseWhenStopped();
    if (this.#connection !== undefined) return this.#connection;
    const waiting = AbortSignal.any([signal, this.#stopping.signal, AbortSignal.timeout(timeoutMs)]);
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(waiting.reason as Error);
    waiting.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([this.#current.promise, aborted.promise]);
    } catch (error) {
      signal.throwIfAborted();
      this.#refuseWhenStopped();
      throw new PlatformError('PLUGIN_UNAVAILABLE', 'the plugin host is not running', {
        cause: error,
        hint: 'It is restarted again and again; the platform log has its last output.',
      });
    } finally {
      waiting.removeEventListener('abort', onAbort);
    }
  }

  /** To be told when a call took too long: ends a host that shows no sign of life. */
  suspect(connection: HostConnection): void {
    if (this.#isProbing || this.#connection !== connection) return;
    this.#isProbing = true;
    const options = { timeoutMs: this.#options.probeTimeoutMs, signal: this.#stopping.signal };
    void callHost(connection, null, 'describe', {}, options)
      .catch(async () => {
        this.#options.logger.error({ pid: connection.pid }, 'the plugin host is stuck and is ended');
        await connection.close(0);
      })
      .finally(() => {
        this.#isProbing = false;
      });
  }

  /** Ends the host and starts it with another configuration; resolves when that runs. */
  async restart(config: HostConfig): Promise<void> {
    this.#options = { ...this.#options, config };
    // One that was just being started has the former configuration.
    while (this.#runningConfig !== this.#options.config) {
      this.#refuseWhenStopped();
      const connection = this.#connection;
      this.#isChanging = connection !== undefined;
      // From here on callers wait for the next one.
      this.#forget();
      await connection?.close(CLOSE_GRACE_MS);
      await Promise.race([this.#current.promise, this.#loop]);
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new PlatformError('PLUGIN_UNAVAILABLE', 'the plugin host is stopped'));
    await this.#connection?.close(CLOSE_GRACE_MS);
    await this.#loop;
  }

  async #open(): Promise<HostConnection> {
    const { config } = this.#options;
    const connection = openHostConnection(this.#options);
    try {
      this.#descriptions = await callHost(
        connection,
        null,
        'describe',
        {},
        {
          timeoutMs: this.#options.startTimeoutMs,
          signal: this.#stopping.signal,
        },
      );
    } catch (error) {
      await connection.close(0);
      throw error;
    }
    for (const { id, error } of this.#descriptions) {
      if (error !== null) this.#options.logger.error({ plugin: id, error }, 'plugin cannot be used');
    }
    this.#connection = connection;
    this.#runningConfig = config;
    this.#current.resolve(connection);
    return connection;
  }

  async #keepRunning(first: HostConnection): Promise<void> {
    let connection: HostConnection | undefined = first;
    let delayMs = this.#options.restartDelayMs;
    while (!this.#stopping.signal.aborted) {
      const since = Date.now();
      const cause: unknown = await connection?.closed;
      if (connection !== undefined) this.#forget();
      if (this.#stopping.signal.aborted) return;
      if (Date.now() - since > STABLE_AFTER_MS) delayMs = this.#options.restartDelayMs;
      if (!this.#isChanging) {
        this.#options.logger.error({ cause: String(cause), delayMs }, 'the plugin host is restarted');
        await sleep(delayMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
        delayMs = Math.min(delayMs * 2, MAX_RESTART_DELAY_MS);
      }
      this.#isChanging = false;
      if (this.#stopping.signal.aborted) return;
      connection = await this.#open().catch((error: unknown) => {
        this.#options.logger.error({ error: String(error) }, 'the plugin host did not start');
        return undefined;
      });
    }
    await connection?.close(CLOSE_GRACE_MS);
  }

  #forget(): void {
    if (this.#connection === undefined) return;
    this.#connection = undefined;
    this.#runningConfig = undefined;
    this.#current = Promise.withResolvers();
  }

  #refuseWhenStopped(): void {
    if (this.#stopping.signal.aborted) throw this.#stopping.signal.reason;
  }
}
