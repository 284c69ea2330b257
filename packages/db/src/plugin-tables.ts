import type { Flag } from './codec.ts';

/** The ZIP of a plugin. */
export interface PluginArchiveTable {
  /** SHA-256 of its bytes, hexadecimal. */
  digest: string;
  /** Null until all of its parts are here. */
  size_bytes: number | null;
  /** When its last part came; null once a plugin referred to it: then it goes as soon as none does any more. */
  arrived_at: number | null;
}

export interface PluginArchivePartTable {
  digest: string;
  /** From 0. */
  part: number;
  /** Of the bytes. */
  size_bytes: number;
  /** Base64. */
  data: string;
}

/** One version of an installed plugin. */
export interface PluginPackageTable {
  name: string;
  version: string;
  digest: string;
  size_bytes: number;
  language: 'javascript' | 'python';
  /** JSON object. */
  manifest: string;
  /** JSON object: what its host said of it. */
  description: string | null;
  /** Our own target that answers in its place. */
  stand_in: string | null;
  is_pinned: Flag;
  installed_by: string | null;
  installed_at: number;
}

/** What an administrator wrote for a plugin; stays when the plugin is removed. */
export interface PluginConfigTable {
  name: string;
  /** The text of `config.yaml`, sealed. */
  sealed: string;
  updated_by: string | null;
  updated_at: number;
}

/** A plugin of the platform that is not to be loaded. */
export interface RemovedPluginTable {
  name: string;
  removed_by: string;
  removed_at: number;
}
