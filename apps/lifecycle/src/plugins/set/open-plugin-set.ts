import type { Store } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import {
  createRemoteTarget,
  type HookName,
  type HookParams,
  type HookResult,
  type OnDemandHost,
  type PluginCaller,
  type PluginConfig,
  type PluginDescription,
  type PluginHostLogger,
  type StartPluginHostOptions,
} from '@racetrack-platform/plugin-engine';
import type { InfrastructureTarget, JobTypeManifest } from '@racetrack-platform/plugin-sdk';
import type { Sealer } from '../../keys/sealer.ts';
import type { PackageFiles, PreparedPlugin } from '../files/package-files.ts';
import { InstalledPlugins, type AdoptedHost } from './installed-plugins.ts';
import { listDigestsInUse } from './list-digests-in-use.ts';
import { findHighest } from './order-plugins.ts';
import { PlatformHost } from './platform-host.ts';
import type { KnownPlugin, PlatformPlugin, PluginSet, SetJobType, SetTarget } from './plugin-set.ts';
import { readStored } from './read-stored.ts';
import { settleOffers, type SettledOffers } from './settle-offers.ts';

export interface PluginSetOptions {
  readonly store: Store;
  readonly sealer: Pick<Sealer, 'open'>;
  readonly files: PackageFiles;
  readonly logger: PluginHostLogger;
  /** Of folders of this machine, to be loaded unless the store says otherwise. */
  readonly platform: readonly PlatformPlugin[];
  /** Of the platform, also those that are not to be loaded in this run. */
  readonly bundled: readonly PlatformPlugin[];
  /** How the process that they share is started. */
  readonly shared: Omit<StartPluginHostOptions, 'plugins' | 'logger'>;
}

/**
 * Starts the plugins of the platform, and takes over those of the store without starting any.
 *
 * @throws PlatformError `PLUGIN_UNAVAILABLE` when the process of the platform's plugins does not come up;
 *   `STORE_UNAVAILABLE`.
 */
export async function openPluginSet(options: PluginSetOptions): Promise<LivePluginSet> {
  const set = new LivePluginSet(options);
  try {
    await set.takeOver();
    return set;
  } catch (error) {
    await set.stop();
    throw error;
  }
}

/** The set of this replica. */
export class LivePluginSet implements PluginSet {
  readonly #options: PluginSetOptions;
  readonly #platform: PlatformHost;
  readonly #installed: InstalledPlugins;
  readonly #reserved = new Map<object, string>();
  #adopted: readonly AdoptedHost[] = [];
  #isStopped = false;
  #revision: string | undefined;
  #settled: { readonly basis: readonly PluginDescription[]; readonly offers: SettledOffers } | undefined;
  /** The end of all that was begun: one takeover at a time, and one collection. */
  #takeovers: Promise<unknown> = Promise.resolve();
  #collections: Promise<unknown> = Promise.resolve();

  constructor(options: PluginSetOptions) {
    this.#options = options;
    this.#platform = new PlatformHost(options.platform, { ...options.shared, logger: options.logger });
    this.#installed = new InstalledPlugins({
      files: options.files,
      bundledConfig: (name) => this.bundledConfig(name),
      onChange: () => {
        this.#settled = undefined;
      },
    });
  }

  /** Of the store, as it was taken over last. */
  get revision(): string | undefined {
    return this.#revision;
  }

  list(): readonly KnownPlugin[] {
    return this.#offers().plugins;
  }

  find(name: string): KnownPlugin | undefined {
    return findHighest(this.list(), name);
  }

  findVersion(name: string, version: string): KnownPlugin | undefined {
    return this.list().find((plugin) => plugin.name === name && plugin.version === version);
  }

  jobTypes(): readonly SetJobType[] {
    return this.#offers().jobTypes;
  }

  targets(): readonly SetTarget[] {
    return this.#offers().targets;
  }

  describe(): readonly PluginDescription[] {
    return this.list().map(describeKnown);
  }

  bundledConfig(name: string): PluginConfig | undefined {
    return this.#options.bundled.find((plugin) => plugin.name === name)?.config;
  }

  async planNative(jobType: string, manifest: JobTypeManifest, signal: AbortSignal) {
    const found = this.jobTypes().find(({ fullName }) => fullName === jobType);
    if (found === undefined) {
      throw new PlatformError('JOB_TYPE_UNKNOWN', `no installed plugin provides job type ${jobType}`);
    }
    const { provider } = found;
    if (provider.origin !== 'installed')
      return await this.#platform.host.planNative(jobType, manifest, signal);
    const { name, version, jobtypeExtra, systemDependencies } = manifest;
    const part = {
      name,
      version,
      jobtypeExtra: { ...jobtypeExtra },
      systemDependencies: [...systemDependencies],
    };
    const params = { jobType, manifest: part };
    return await this.#installed.get(provider).call(provider.description.id, 'planNative', params, signal);
  }

  target(name: string): InfrastructureTarget {
    const found = this.targets().find((target) => target.name === name);
    if (found === undefined) {
      const names = this.targets().map((target) => target.name);
      throw new PlatformError('TARGET_UNAVAILABLE', `infrastructure target ${name} is not installed`, {
        hint: `Available: ${names.join(', ') || 'none'}.`,
      });
    }
    const { provider } = found;
    if (provider.origin !== 'installed') return this.#platform.host.target(name);
    return createRemoteTarget(this.#callerOf(provider), provider.description.id, found);
  }

  async callHook<Name extends HookName>(
    plugin: KnownPlugin,
    hook: Name,
    params: HookParams<Name>,
    signal: AbortSignal,
  ): Promise<HookResult<Name> | undefined> {
    const { id, hooks } = plugin.description;
    if (!hooks.includes(hook)) return undefined;
    if (plugin.origin !== 'installed') return await this.#platform.host.callHook(id, hook, params, signal);
    return await this.#installed.get(plugin).callHook(id, hook, params, signal);
  }

  async provideFiles(plugin: KnownPlugin, signal: AbortSignal): Promise<string> {
    if (plugin.origin !== 'installed') return plugin.description.dir;
    return await this.#installed.get(plugin).provideFiles(signal);
  }

  reserve(digest: string): Disposable {
    const key = {};
    this.#reserved.set(key, digest);
    return {
      [Symbol.dispose]: () => {
        this.#reserved.delete(key);
        // It may have been removed meanwhile.
        if (!this.#isStopped && !this.#installed.digests().includes(digest)) void this.collect();
      },
    };
  }

  adopt(prepared: PreparedPlugin, config: string, host: OnDemandHost): void {
    this.#adopted = [...this.#adopted, { prepared, config, host }];
  }

  async reload(): Promise<void> {
    const former = this.#installed.digests();
    await this.takeOver();
    const digests = new Set(this.#installed.digests());
    if (former.some((digest) => !digests.has(digest))) await this.collect();
  }

  /** As {@link reload}, and leaves files where they are. */
  async takeOver(): Promise<void> {
    const takeover = this.#takeovers.then(async () => await this.#takeOver());
    this.#takeovers = takeover.catch(() => undefined);
    const endSurplus = await takeover;
    await endSurplus();
  }

  /** Removes the files of plugins that are not installed any more, and that no job needs. */
  async collect(): Promise<void> {
    const collection = this.#collections.then(async () => await this.#collect());
    this.#collections = collection;
    await collection;
  }

  /** Unpacks what is installed and missing on this machine; failures are noted with the plugin. */
  async prepareDue(signal: AbortSignal): Promise<void> {
    await this.#installed.prepareDue(signal);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    // A takeover may be waiting for this very process.
    await this.#platform.stop();
    await this.#takeovers;
    const adopted = this.#adopted.map(async ({ host }) => await host.stop());
    await Promise.allSettled([...adopted, this.#installed.stop(), this.#platform.stop()]);
    await this.#collections;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #takeOver(): Promise<() => Promise<void>> {
    // Those that come while the store is read may not be in what was read.
    const adopted = this.#adopted;
    const stored = await readStored(this.#options.store.db, this.#options.sealer);
    await this.#platform.load(stored);
    this.#adopted = this.#adopted.filter((one) => !adopted.includes(one));
    this.#revision = stored.revision;
    return this.#installed.apply(stored, this.#platform.standing, adopted);
  }

  async #collect(): Promise<void> {
    const { store, files, logger } = this.#options;
    try {
      const inUse = await listDigestsInUse(store.db, files);
      await files.collect(new Set([...this.#installed.digests(), ...this.#reserved.values(), ...inUse]));
    } catch (error) {
      logger.warn({ err: error }, 'files of removed plugins stay for now');
    }
  }

  /** Whichever host the plugin has when it is called. */
  #callerOf(plugin: KnownPlugin): PluginCaller {
    const installed = this.#installed;
    return {
      call: async (...parameters) => await installed.get(plugin).call(...parameters),
      stream: (...parameters) => installed.get(plugin).stream(...parameters),
    };
  }

  #offers(): SettledOffers {
    // A process of the platform's plugins that was started again may have found something else.
    const basis = this.#platform.describe();
    if (this.#settled?.basis !== basis) {
      const offers = settleOffers([...this.#platform.list(), ...this.#installed.list()]);
      this.#settled = { basis, offers };
    }
    return this.#settled.offers;
  }
}

/** As a host describes it, under the name that people know, and with all that is wrong with it. */
function describeKnown({ name, description, error }: KnownPlugin): PluginDescription {
  return { ...description, id: name, error };
}
