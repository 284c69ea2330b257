import type { InstalledPlugin } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import type { OnDemandHost, PluginConfig, PluginDescription } from '@racetrack-platform/plugin-engine';
import type { PackageFiles, PreparedPlugin } from '../files/package-files.ts';
import { explainSuperseded } from './choose-standing.ts';
import { InstalledHost } from './installed-host.ts';
import type { KnownPlugin, PlatformPlugin } from './plugin-set.ts';
import {
  describeNothing,
  readStoredDescription,
  readStoredManifest,
  type StoredPlugins,
} from './read-stored.ts';

export interface InstalledPluginsDeps {
  readonly files: PackageFiles;
  /** Of the platform's plugin of that name. */
  readonly bundledConfig: (name: string) => PluginConfig | undefined;
  /** Told when {@link InstalledPlugins.list} would answer something else. */
  readonly onChange: () => void;
}

/** A process that was started to try a plugin. */
export interface AdoptedHost {
  readonly prepared: PreparedPlugin;
  readonly config: string;
  readonly host: OnDemandHost;
}

interface Entry {
  /** Whatever its process is started with; another key, another process. */
  readonly key: string;
  readonly row: InstalledPlugin;
  readonly config: string;
  readonly host: InstalledHost;
  readonly description: PluginDescription;
  /** Why it cannot be used, whatever its host says. */
  readonly error: string | null;
}

/** The plugins of the store, each with a process of its own. */
export class InstalledPlugins {
  readonly #deps: InstalledPluginsDeps;
  #entries: ReadonlyMap<string, Entry> = new Map();

  constructor(deps: InstalledPluginsDeps) {
    this.#deps = deps;
  }

  /** In no particular order. */
  list(): KnownPlugin[] {
    return [...this.#entries.values()].map(({ row, host, description, error }) => ({
      name: row.name,
      version: row.version,
      manifest: readStoredManifest(row),
      origin: 'installed',
      installed: row,
      description,
      error: error ?? host.error ?? description.error,
    }));
  }

  digests(): string[] {
    return [...this.#entries.values()].map(({ row }) => row.digest);
  }

  /** @throws PlatformError `PLUGIN_UNAVAILABLE` when it is installed no more. */
  get({ name, version }: Pick<KnownPlugin, 'name' | 'version'>): InstalledHost {
    const entry = this.#entries.get(nameOf({ name, version }));
    if (entry !== undefined) return entry.host;
    throw new PlatformError('PLUGIN_UNAVAILABLE', `plugin ${name} ${version} was removed`, {
      hint: 'racetrack plugin list shows what is installed.',
    });
  }

  /**
   * Takes over what the store says. Whatever has not changed keeps its process.
   *
   * @param standing - the platform's plugins that are loaded.
   * @param adopted - processes to be used where they fit, and to be ended where not.
   * @returns ends the processes that are needed no more; resolves, and never rejects, when they are gone.
   */
  apply(
    stored: Pick<StoredPlugins, 'installed' | 'configs'>,
    standing: readonly PlatformPlugin[],
    adopted: readonly AdoptedHost[],
  ): () => Promise<void> {
    const former = this.#entries;
    const entries = stored.installed.map((row) => this.#createEntry(row, stored, standing));
    this.#entries = new Map(entries.map((entry) => [nameOf(entry.row), entry]));
    const isUsed = new Set(entries.map(({ host }) => host));
    const surplus: { stop(): Promise<void> }[] = [...former.values()]
      .map(({ host }) => host)
      .filter((host) => !isUsed.has(host));
    for (const { prepared, config, host } of adopted) {
      const taker = entries.find((entry) => entry.row.digest === prepared.digest && entry.config === config);
      if (taker?.host.adopt(prepared, host) !== true) surplus.push(host);
    }
    this.#deps.onChange();
    return async () => {
      await Promise.allSettled(surplus.map(async (host) => await host.stop()));
    };
  }

  /** Unpacks whatever is missing on this machine, one after the other. Failures are noted, and tried again later. */
  async prepareDue(signal: AbortSignal): Promise<void> {
    for (const { host, row } of this.#entries.values()) {
      if (signal.aborted) return;
      // None of its code is ever started where a target of the platform stands in.
      if (host.isDue && row.standIn === null) await host.provideFiles(signal).catch(() => undefined);
    }
  }

  async stop(): Promise<void> {
    const entries = [...this.#entries.values()];
    await Promise.allSettled(entries.map(async ({ host }) => await host.stop(SHUTDOWN_DRAIN_MS)));
  }

  #createEntry(
    row: InstalledPlugin,
    { configs }: Pick<StoredPlugins, 'configs'>,
    standing: readonly PlatformPlugin[],
  ): Entry {
    const { text: config, error: configError } = configs.get(row.name) ?? NO_CONFIG;
    const pinned = row.isPinned ? this.#deps.bundledConfig(row.name) : undefined;
    const key = JSON.stringify([row.digest, config, pinned]);
    const former = this.#entries.get(nameOf(row));
    const { files, onChange } = this.#deps;
    const host =
      former?.key === key ? former.host : new InstalledHost({ files, plugin: row, config, pinned, onChange });
    const superseded = explainSuperseded(row, standing);
    const dir = files.directoryOf(row.digest);
    const description = superseded === null ? readStoredDescription(row, dir) : describeNothing(row, dir);
    return { key, row, config, host, description, error: superseded ?? configError };
  }
}

/** For calls under way when the platform stops: whoever waits for them is being stopped as well. */
const SHUTDOWN_DRAIN_MS = 1_000;
const NO_CONFIG = { text: '', error: null };

function nameOf({ name, version }: Pick<KnownPlugin, 'name' | 'version'>): string {
  return `${name}==${version}`;
}
