import { createPluginRepository, type Queryable } from '@racetrack-platform/db';
import type { Sealer } from '../../keys/sealer.ts';

/**
 * Reads the configuration of a plugin: one for all its versions.
 *
 * @returns the text of `config.yaml`; empty when there is none.
 */
export async function readPluginConfig(db: Queryable, sealer: Sealer, name: string): Promise<string> {
  const row = await createPluginRepository(db).findConfig(name);
  return row === undefined ? '' : sealer.open(row.sealedText, rowOf(name));
}

/** Seals the configuration of a plugin for the store. */
export function sealPluginConfig(sealer: Sealer, name: string, text: string): string {
  return sealer.seal(text, rowOf(name));
}

function rowOf(name: string): string {
  return `plugin_config:${name}`;
}
