import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '@racetrack-platform/errors';
import {
  startPluginHost,
  type PluginConfig,
  type SharedPluginHost,
  type StartPluginHostOptions,
} from '@racetrack-platform/plugin-engine';
import { readSettings } from '../files/read-settings.ts';
import { chooseStanding } from './choose-standing.ts';
import { comparePlugins } from './order-plugins.ts';
import type { KnownPlugin, PlatformPlugin } from './plugin-set.ts';
import { inventManifest } from './read-platform-plugin.ts';
import type { StoredPlugins } from './read-stored.ts';

type Stored = Pick<StoredPlugins, 'removed' | 'installed' | 'configs'>;

/** The plugins of this machine's folders, in the one process that they share. */
export class PlatformHost {
  readonly #plugins: readonly PlatformPlugin[];
  readonly #options: Omit<StartPluginHostOptions, 'plugins'>;
  #standing: readonly PlatformPlugin[] = [];
  #configs: readonly PluginConfig[] = [];
  #configErrors = new Map<string, string>();
  #host: SharedPluginHost | undefined;

  /** @param plugins - all that there are; which of them are loaded depends on the store. */
  constructor(plugins: readonly PlatformPlugin[], options: Omit<StartPluginHostOptions, 'plugins'>) {
    this.#plugins = plugins;
    this.#options = options;
  }

  /** Those that are loaded. */
  get standing(): readonly PlatformPlugin[] {
    return this.#standing;
  }

  /** @throws Error when nothing was ever to be loaded. */
  get host(): SharedPluginHost {
    if (this.#host === undefined) throw new TypeError('no plugin of the platform is loaded');
    return this.#host;
  }

  /** What its plugins are, as of the last start of the process; another array after another start. */
  describe(): ReturnType<SharedPluginHost['describe']> {
    return this.#host?.describe() ?? NOTHING;
  }

  /**
   * Loads what the store leaves standing, unless that is loaded already.
   *
   * @throws PlatformError `PLUGIN_UNAVAILABLE` when the process does not come up the first time.
   */
  async load(stored: Stored): Promise<void> {
    const standing = chooseStanding(this.#plugins, stored.removed, stored.installed).toSorted((a, b) =>
      comparePlugins(toOrdered(a), toOrdered(b)),
    );
    this.#configErrors = new Map();
    const configs = standing.map((plugin) => this.#configure(plugin, stored));
    const isLoaded = this.#host !== undefined || configs.length === 0;
    if (isLoaded && isDeepStrictEqual(configs, this.#configs)) return;
    this.#standing = standing;
    this.#configs = configs;
    if (this.#host === undefined) {
      this.#host = await startPluginHost({ ...this.#options, plugins: configs });
    } else {
      await this.#host.restart(configs);
    }
  }

  /** Its plugins as parts of the set. */
  list(): KnownPlugin[] {
    return this.describe().flatMap((description) => {
      const plugin = this.#standing.find(({ config }) => config.dir === description.dir);
      if (plugin === undefined) return [];
      const name = plugin.manifest?.name ?? description.id;
      const version = plugin.manifest?.version ?? description.version ?? '0.0.0';
      return {
        name,
        version,
        manifest: plugin.manifest ?? inventManifest(name, version, description.category),
        origin: plugin.origin,
        installed: null,
        description,
        error: this.#configErrors.get(plugin.name) ?? description.error,
      };
    });
  }

  async stop(): Promise<void> {
    await this.#host?.stop();
  }

  #configure({ name, config }: PlatformPlugin, { configs }: Stored): PluginConfig {
    const found = configs.get(name);
    if (found === undefined) return config;
    try {
      if (found.error !== null) throw new TypeError(found.error);
      return { ...config, settings: readSettings({ name, language: 'javascript' }, found.text) };
    } catch (error) {
      this.#configErrors.set(name, messageOf(error));
      return config;
    }
  }
}

const NOTHING: readonly never[] = [];

function toOrdered({ name, manifest }: PlatformPlugin) {
  return { name, version: manifest?.version ?? '', manifest: { priority: manifest?.priority ?? 0 } };
}
