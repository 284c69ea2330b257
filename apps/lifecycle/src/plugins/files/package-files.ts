import type { InstalledPlugin } from '@racetrack-platform/db';
import type { OnDemandHostOptions, PluginConfig } from '@racetrack-platform/plugin-engine';

/** A plugin whose files are here, and whose process can be started. */
export interface PreparedPlugin {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  /** Absolute path of the unpacked files; read-only. */
  readonly dir: string;
  /** Absolute path of the directory that is this plugin's alone, for all its versions. */
  readonly dataDir: string;
  /** What its process is started with. */
  readonly host: OnDemandHostOptions;
}

/** What has to be known of a plugin to prepare its files. */
export type PluginIdentity = Pick<InstalledPlugin, 'name' | 'version' | 'digest' | 'language' | 'manifest'>;

export interface PrepareOptions {
  /** Text of `config.yaml`; empty when there is none. */
  readonly config: string;
  /** Where the ZIP lies, when it is not in the store yet. @defaultValue it is read from the store by its digest */
  readonly archivePath?: string;
  /**
   * The bundled plugin of which this is a pinned version: it is told the same, keeps its data in the same place, finds
   * the packages of the platform, and runs as the platform's own user.
   */
  readonly pinned?: PluginConfig;
  readonly signal: AbortSignal;
}

/** The files of installed plugins on this machine, by digest: unpacked once, and environments made once. */
export interface PackageFiles {
  /**
   * Unpacks a plugin, installs what a Python plugin requires, writes its configuration. Whoever asks for the same at the
   * same time shares the work.
   *
   * @throws PlatformError `PLUGIN_INVALID` with the reason, `PLUGIN_REQUIREMENTS` with pip's last lines. The signal's
   *   reason when it is aborted.
   */
  prepare(plugin: PluginIdentity, options: PrepareOptions): Promise<PreparedPlugin>;
  /** Absolute path where the unpacked files of a digest lie, or will lie when it is prepared. */
  directoryOf(digest: string): string;
  /**
   * Removes the files and environments of all other digests but those that are being prepared right now, and what
   * broken-off work has left.
   */
  collect(keep: ReadonlySet<string>): Promise<void>;
}
