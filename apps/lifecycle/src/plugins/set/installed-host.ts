import { setTimeout as sleep } from 'node:timers/promises';
import type { InstalledPlugin } from '@racetrack-platform/db';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import {
  OnDemandHost,
  untilAborted,
  type HookName,
  type HookParams,
  type HookResult,
  type PluginCaller,
  type PluginConfig,
} from '@racetrack-platform/plugin-engine';
import type { PackageFiles, PreparedPlugin } from '../files/package-files.ts';
import { HOOK_TIMEOUTS_MS } from './hook-timeouts.ts';

export interface InstalledHostOptions {
  readonly files: PackageFiles;
  readonly plugin: InstalledPlugin;
  /** Text of `config.yaml`. */
  readonly config: string;
  /** That of the platform's plugin of which it is a pinned version. */
  readonly pinned: PluginConfig | undefined;
  /** Told when {@link InstalledHost.error} has changed. */
  readonly onChange: () => void;
}

/** A process, and the files that it is started from. */
interface Started {
  readonly prepared: PreparedPlugin;
  readonly host: OnDemandHost;
}

/** What one call may take, milliseconds. */
const CALL_TIMEOUT_MS = 30_000;
/** For calls under way when the plugin is replaced or removed. */
const DRAIN_MS = 5_000;
/** Between attempts to prepare the files; doubled each time. */
const RETRY_MS = 5_000;
const MAX_RETRY_MS = 300_000;

/** One installed plugin: its files and its process, both made when they are needed first. */
export class InstalledHost implements PluginCaller {
  readonly #options: InstalledHostOptions;
  readonly #stopping = new AbortController();
  #started: Started | undefined;
  #starting: Promise<Started> | undefined;
  #failures = 0;
  #retryAt = 0;
  #lastFailure: unknown;
  #fileError: string | null = null;
  #callError: string | null = null;
  readonly #calls = new Set<Promise<unknown>>();

  constructor(options: InstalledHostOptions) {
    this.#options = options;
  }

  /** Why it cannot be used on this machine, as far as is known. */
  get error(): string | null {
    return this.#fileError ?? this.#callError;
  }

  /** Whether its files are missing, and it is time to try it. */
  get isDue(): boolean {
    return this.#started === undefined && Date.now() >= this.#retryAt && !this.#stopping.signal.aborted;
  }

  /** Takes over a process that has this plugin loaded already. @returns whether there was none yet. */
  adopt(prepared: PreparedPlugin, host: OnDemandHost): boolean {
    if (this.#started !== undefined || this.#stopping.signal.aborted) return false;
    this.#started = this.#watch({ prepared, host });
    this.#noteFileError(null);
    return true;
  }

  /**
   * Unpacks its files and installs what it requires, unless that is done. Starts no process.
   *
   * @returns absolute path of its folder.
   * @throws PlatformError as {@link PackageFiles.prepare}. The signal's reason when it is aborted.
   */
  async provideFiles(signal: AbortSignal): Promise<string> {
    return (await this.#start(signal)).prepared.dir;
  }

  readonly call: PluginCaller['call'] = async (plugin, method, params, signal, extraMs = 0) => {
    const options = { signal, timeoutMs: CALL_TIMEOUT_MS + extraMs };
    return await this.#use(signal, async ({ host }) => await host.call(plugin, method, params, options));
  };

  readonly stream: PluginCaller['stream'] = (plugin, method, params, signal, mayBeSilent) => {
    const start = async (): Promise<Started> => await this.#start(signal);
    return (async function* stream() {
      const { host } = await start();
      const idleTimeoutMs = mayBeSilent ? null : CALL_TIMEOUT_MS;
      yield* host.stream(plugin, method, params, { signal, idleTimeoutMs });
    })();
  };

  /** @throws PlatformError `PLUGIN_FAILED` with what the hook threw; `PLUGIN_UNAVAILABLE`. */
  async callHook<Name extends HookName>(
    plugin: string,
    hook: Name,
    params: HookParams<Name>,
    signal: AbortSignal,
  ): Promise<HookResult<Name>> {
    const options = { signal, timeoutMs: HOOK_TIMEOUTS_MS[hook] };
    return await this.#use(signal, async ({ host }) => await host.callHook(plugin, hook, params, options));
  }

  /**
   * Ends its process. It cannot be used any more.
   *
   * @param drainMs - for calls under way.
   */
  async stop(drainMs = DRAIN_MS): Promise<void> {
    const calls = [...this.#calls];
    this.#stopping.abort(new PlatformError('PLUGIN_UNAVAILABLE', 'the plugin was removed or replaced'));
    if (calls.length > 0) {
      await Promise.race([Promise.allSettled(calls), sleep(drainMs, undefined, { ref: false })]);
    }
    const started = this.#started ?? (await this.#starting?.catch(() => undefined));
    await started?.host.stop();
  }

  async #use<T>(signal: AbortSignal, work: (started: Started) => Promise<T>): Promise<T> {
    const call = this.#start(signal).then(work);
    this.#calls.add(call);
    try {
      const answer = await call;
      this.#noteCallError(null);
      return answer;
    } catch (error) {
      const isDown = PlatformError.is(error) && error.code === 'PLUGIN_UNAVAILABLE';
      if (isDown && this.#started !== undefined && !this.#stopping.signal.aborted) {
        this.#noteCallError(explain(error));
      }
      throw error;
    } finally {
      this.#calls.delete(call);
    }
  }

  async #start(signal: AbortSignal): Promise<Started> {
    signal.throwIfAborted();
    if (this.#started !== undefined) return this.#started;
    this.#stopping.signal.throwIfAborted();
    // A target is asked every second.
    if (Date.now() < this.#retryAt) throw this.#lastFailure;
    // What several wait for is not broken off because one of them has gone.
    this.#starting ??= this.#prepare().finally(() => {
      this.#starting = undefined;
    });
    return await untilAborted(this.#starting, signal);
  }

  async #prepare(): Promise<Started> {
    const { files, plugin, config, pinned } = this.#options;
    try {
      const options = { config, signal: this.#stopping.signal, ...(pinned && { pinned }) };
      const prepared = await files.prepare(plugin, options);
      this.#started ??= this.#watch({ prepared, host: new OnDemandHost(prepared.host) });
      this.#failures = 0;
      this.#noteFileError(null);
      return this.#started;
    } catch (error) {
      this.#stopping.signal.throwIfAborted();
      this.#retryAt = Date.now() + Math.min(RETRY_MS * 2 ** this.#failures, MAX_RETRY_MS);
      this.#failures += 1;
      this.#lastFailure = error;
      this.#noteFileError(explain(error));
      throw error;
    }
  }

  /** Whoever lists the plugins learns of an end that no call has met. */
  #watch(started: Started): Started {
    started.host.onEnd((cause) => {
      if (!this.#stopping.signal.aborted) this.#noteCallError(explain(cause));
    });
    return started;
  }

  #noteFileError(error: string | null): void {
    if (this.#fileError === error) return;
    this.#fileError = error;
    this.#options.onChange();
  }

  #noteCallError(error: string | null): void {
    if (this.#callError === error) return;
    this.#callError = error;
    this.#options.onChange();
  }
}

function explain(error: unknown): string {
  const message = messageOf(error);
  if (!PlatformError.is(error) || error.hint === undefined) return message;
  return `${message}${/[.!?:;]$/.test(message) ? '' : '.'} ${error.hint}`;
}
