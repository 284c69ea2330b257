import type { InstalledPlugin } from '@racetrack-platform/db';
import type {
  HookName,
  HookParams,
  HookResult,
  OnDemandHost,
  PluginConfig,
  PluginDescription,
  PluginHost,
  ProvidedJobType,
  ProvidedTarget,
} from '@racetrack-platform/plugin-engine';
import type { PluginManifest } from '@racetrack-platform/plugin-package';
import type { PreparedPlugin } from '../files/package-files.ts';

/** A plugin of the set, whether it works or not. */
export interface KnownPlugin {
  readonly name: string;
  readonly version: string;
  readonly manifest: PluginManifest;
  /** `bundled`: comes with the platform; `folder`: named at the start (`--plugin`); `installed`: from the store. */
  readonly origin: 'bundled' | 'folder' | 'installed';
  /** Row of the store; only of `installed`. */
  readonly installed: InstalledPlugin | null;
  /** What it offers, as far as no other plugin offers the same before it. */
  readonly description: PluginDescription;
  /** Why it, or a part of it, cannot be used, for people; `null`: all is well. */
  readonly error: string | null;
}

/** A plugin in a folder of this machine: one that comes with the platform, or was named at the start. */
export interface PlatformPlugin {
  /** Of its manifest; the folder's where there is none. */
  readonly name: string;
  /** `null` when it has no manifest that can be read. */
  readonly manifest: PluginManifest | null;
  readonly origin: 'bundled' | 'folder';
  readonly config: PluginConfig;
}

export type SetJobType = ProvidedJobType & {
  readonly provider: KnownPlugin;
  /** Of the plugin's files; `null` for one that is not installed from a package. */
  readonly digest: string | null;
};

export type SetTarget = ProvidedTarget & { readonly provider: KnownPlugin };

/** Everything that plugins offer, in one order: by priority, then name, then version (lowest first). */
export interface PluginSet extends PluginHost {
  /** In order. */
  list(): readonly KnownPlugin[];
  /** The highest version of a name, stable ones before others; `undefined`: there is none. */
  find(name: string): KnownPlugin | undefined;
  findVersion(name: string, version: string): KnownPlugin | undefined;
  jobTypes(): readonly SetJobType[];
  targets(): readonly SetTarget[];
  /** Where the platform's own plugin of that name lies and what it is told, whether or not it is loaded. */
  bundledConfig(name: string): PluginConfig | undefined;
  /**
   * Calls one hook of one plugin.
   *
   * @returns `undefined` when the plugin does not have that hook.
   * @throws PlatformError `PLUGIN_FAILED`, `PLUGIN_UNAVAILABLE`.
   */
  callHook<Name extends HookName>(
    plugin: KnownPlugin,
    hook: Name,
    params: HookParams<Name>,
    signal: AbortSignal,
  ): Promise<HookResult<Name> | undefined>;
  /**
   * Sees to it that a plugin's files are on this machine.
   *
   * @returns absolute path of their folder.
   * @throws PlatformError `PLUGIN_INVALID`, `PLUGIN_REQUIREMENTS`, `PLUGIN_UNAVAILABLE`.
   */
  provideFiles(plugin: KnownPlugin, signal: AbortSignal): Promise<string>;
  /** Removes the files of plugins that are not installed any more, and that no job needs. Never rejects. */
  collect(): Promise<void>;
  /** Keeps the files of a digest that is about to be installed until it is disposed of. */
  reserve(digest: string): Disposable;
  /**
   * Takes over what the store says now. Resolves when this replica offers it; a plugin that fails is no reason to reject.
   *
   * @throws PlatformError `STORE_UNAVAILABLE`.
   */
  reload(): Promise<void>;
  /**
   * Takes over a host that was started to try a plugin before it was installed, so that its code runs once. Used by the
   * next {@link reload} that finds this digest and configuration; ended when none does.
   */
  adopt(prepared: PreparedPlugin, config: string, host: OnDemandHost): void;
}
