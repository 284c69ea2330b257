import { randomUUID } from 'node:crypto';
import type { Selectable } from 'kysely';
import { fromFlag, fromJson, toFlag, toJson } from '../codec.ts';
import type { PluginPackageTable } from '../plugin-tables.ts';
import type { Queryable } from '../store.ts';
import { createMetaRepository } from './meta-repository.ts';
import { claimArchive, createPluginArchives } from './plugin-archives.ts';

/** One version of an installed plugin, as every replica sees it. */
export interface InstalledPlugin {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of its ZIP, hexadecimal: identity of its files. */
  readonly digest: string;
  readonly sizeBytes: number;
  readonly language: 'javascript' | 'python';
  /** Its `plugin-manifest.yaml`, checked; JSON. */
  readonly manifest: Readonly<Record<string, unknown>>;
  /** What its host said of it when it was installed or configured; JSON. `null`: none of its code ever runs here. */
  readonly description: Readonly<Record<string, unknown>> | null;
  /** Name of our own target that answers in its place (known plugins of the original); `null`: it answers itself. */
  readonly standIn: string | null;
  /** A version of a plugin of the platform that stays when the platform is upgraded. */
  readonly isPinned: boolean;
  readonly installedBy: string | null;
  /** Milliseconds since the epoch. */
  readonly installedAt: number;
}

/** The sealed configuration of a plugin: one for all its versions, kept when it is removed. */
export interface PluginConfigRow {
  readonly name: string;
  /** The text of `config.yaml`, sealed under `plugin_config:NAME`. */
  readonly sealedText: string;
  readonly updatedBy: string | null;
  readonly updatedAt: number;
}

/** A plugin of the platform that an administrator took out. */
export interface RemovedPlugin {
  readonly name: string;
  readonly removedBy: string;
  readonly removedAt: number;
}

/**
 * What is installed. Whatever changes what others see gives the set a new revision in the same transaction; so everything
 * that changes packages, configurations or removals has to be called in one.
 */
export interface PluginRepository {
  /** Another text after every change of packages, configurations or removals; empty before the first. */
  revision(): Promise<string>;
  /** By name, then version as text. */
  list(): Promise<InstalledPlugin[]>;
  find(name: string, version: string): Promise<InstalledPlugin | undefined>;
  /**
   * Replaces the same version.
   *
   * @throws PlatformError `PLUGIN_UNAVAILABLE` when its archive is not there, or not whole.
   */
  put(plugin: InstalledPlugin): Promise<void>;
  /** The same description again changes nothing. @returns whether the row with these files is still there. */
  setDescription(
    plugin: Pick<InstalledPlugin, 'name' | 'version' | 'digest'>,
    description: Readonly<Record<string, unknown>>,
  ): Promise<boolean>;
  setPinned(name: string, version: string, isPinned: boolean): Promise<boolean>;
  /** @returns whether there was one. The archive stays until {@link removeUnusedArchives}. */
  remove(name: string, version: string): Promise<boolean>;

  hasArchive(digest: string): Promise<boolean>;
  /**
   * Begins an archive, or continues one that was broken off; parts are counted from 0 and have at most 512 KiB. Best
   * outside of a transaction: a large archive would keep every other writer waiting.
   */
  putArchivePart(digest: string, part: number, data: Uint8Array, now: number): Promise<void>;
  /**
   * Marks an archive as whole.
   *
   * @throws PlatformError `PLUGIN_UNAVAILABLE` when parts are missing, or have not this size together.
   */
  completeArchive(digest: string, sizeBytes: number): Promise<void>;
  /**
   * Part by part; outside of a transaction.
   *
   * @throws PlatformError `PLUGIN_UNAVAILABLE` when it is not there, not whole, or removed before its end was read.
   */
  readArchive(digest: string): AsyncIterable<Uint8Array>;
  /**
   * Removes archives that no plugin refers to any more, and those that none ever did and whose last part came before
   * `before` (ms): an installation is about to. In a transaction. @returns how many.
   */
  removeUnusedArchives(before: number): Promise<number>;

  findConfig(name: string): Promise<PluginConfigRow | undefined>;
  listConfigs(): Promise<PluginConfigRow[]>;
  /** Replaces the configuration of that name. */
  putConfig(config: PluginConfigRow): Promise<void>;

  listRemoved(): Promise<RemovedPlugin[]>;
  /** Whoever took it out first stays noted. */
  putRemoved(removed: RemovedPlugin): Promise<void>;
  deleteRemoved(name: string): Promise<boolean>;
}

const REVISION_KEY = 'plugin_revision';

/** All SQL on the tables of plugins; archives in `plugin-archives.ts`. */
export function createPluginRepository(db: Queryable): PluginRepository {
  const noteChange = createChangeNote(db);
  return {
    ...createPluginArchives(db),
    ...createPackages(db, noteChange),
    ...createConfigs(db, noteChange),
    ...createRemovals(db, noteChange),

    async revision() {
      return (await createMetaRepository(db).find(REVISION_KEY)) ?? '';
    },
  };
}

/** A new text, not a counter: after a restore, replicas must not take another set for one they have seen. */
function createChangeNote(db: Queryable): () => Promise<void> {
  return async () => {
    if (!db.isTransaction) throw new TypeError('plugins are changed in transactions');
    await createMetaRepository(db).set(REVISION_KEY, randomUUID());
  };
}

type Packages = Pick<PluginRepository, 'list' | 'find' | 'put' | 'setDescription' | 'setPinned' | 'remove'>;

function createPackages(db: Queryable, noteChange: () => Promise<void>): Packages {
  async function findRow(name: string, version: string): Promise<Selectable<PluginPackageTable> | undefined> {
    return await db
      .selectFrom('plugin_package')
      .selectAll()
      .where('name', '=', name)
      .where('version', '=', version)
      .executeTakeFirst();
  }

  async function update(
    { name, version }: Pick<PluginPackageTable, 'name' | 'version'>,
    change: Partial<PluginPackageTable>,
  ): Promise<void> {
    await noteChange();
    const rows = db.updateTable('plugin_package').set(change);
    await rows.where('name', '=', name).where('version', '=', version).execute();
  }

  return {
    async list() {
      const rows = db.selectFrom('plugin_package').selectAll().orderBy('name').orderBy('version');
      return (await rows.execute()).map(fromRow);
    },

    async find(name, version) {
      const row = await findRow(name, version);
      return row && fromRow(row);
    },

    async put(plugin) {
      await noteChange();
      await claimArchive(db, plugin.digest);
      const row = toRow(plugin);
      await db
        .insertInto('plugin_package')
        .values(row)
        .onConflict((conflict) => conflict.columns(['name', 'version']).doUpdateSet(row))
        .execute();
    },

    async setDescription(plugin, description) {
      const row = await findRow(plugin.name, plugin.version);
      if (row?.digest !== plugin.digest) return false;
      const text = toJson(description);
      // Every replica may hear the same of it; a new revision for each would never come to rest.
      if (row.description !== text) await update(row, { description: text });
      return true;
    },

    async setPinned(name, version, isPinned) {
      const row = await findRow(name, version);
      if (row === undefined) return false;
      if (fromFlag(row.is_pinned) !== isPinned) await update(row, { is_pinned: toFlag(isPinned) });
      return true;
    },

    async remove(name, version) {
      const removed = await db
        .deleteFrom('plugin_package')
        .where('name', '=', name)
        .where('version', '=', version)
        .returning('name')
        .executeTakeFirst();
      if (removed !== undefined) await noteChange();
      return removed !== undefined;
    },
  };
}

type Configs = Pick<PluginRepository, 'findConfig' | 'listConfigs' | 'putConfig'>;

function createConfigs(db: Queryable, noteChange: () => Promise<void>): Configs {
  const select = db
    .selectFrom('plugin_config')
    .select(['name', 'sealed as sealedText', 'updated_by as updatedBy', 'updated_at as updatedAt']);
  return {
    async findConfig(name) {
      return await select.where('name', '=', name).executeTakeFirst();
    },

    async listConfigs() {
      return await select.orderBy('name').execute();
    },

    async putConfig({ name, sealedText, updatedBy, updatedAt }) {
      await noteChange();
      const content = { sealed: sealedText, updated_by: updatedBy, updated_at: updatedAt };
      await db
        .insertInto('plugin_config')
        .values({ name, ...content })
        .onConflict((conflict) => conflict.column('name').doUpdateSet(content))
        .execute();
    },
  };
}

type Removals = Pick<PluginRepository, 'listRemoved' | 'putRemoved' | 'deleteRemoved'>;

function createRemovals(db: Queryable, noteChange: () => Promise<void>): Removals {
  return {
    async listRemoved() {
      return await db
        .selectFrom('removed_plugin')
        .select(['name', 'removed_by as removedBy', 'removed_at as removedAt'])
        .orderBy('name')
        .execute();
    },

    async putRemoved({ name, removedBy, removedAt }) {
      const inserted = await db
        .insertInto('removed_plugin')
        .values({ name, removed_by: removedBy, removed_at: removedAt })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .returning('name')
        .executeTakeFirst();
      if (inserted !== undefined) await noteChange();
    },

    async deleteRemoved(name) {
      const deleted = await db
        .deleteFrom('removed_plugin')
        .where('name', '=', name)
        .returning('name')
        .executeTakeFirst();
      if (deleted !== undefined) await noteChange();
      return deleted !== undefined;
    },
  };
}

function toRow(plugin: InstalledPlugin): PluginPackageTable {
  return {
    name: plugin.name,
    version: plugin.version,
    digest: plugin.digest,
    size_bytes: plugin.sizeBytes,
    language: plugin.language,
    manifest: toJson(plugin.manifest),
    description: plugin.description && toJson(plugin.description),
    stand_in: plugin.standIn,
    is_pinned: toFlag(plugin.isPinned),
    installed_by: plugin.installedBy,
    installed_at: plugin.installedAt,
  };
}

function fromRow(row: Selectable<PluginPackageTable>): InstalledPlugin {
  return {
    name: row.name,
    version: row.version,
    digest: row.digest,
    sizeBytes: row.size_bytes,
    language: row.language,
    manifest: fromJson(row.manifest) as InstalledPlugin['manifest'],
    description:
      row.description === null ? null : (fromJson(row.description) as InstalledPlugin['description']),
    standIn: row.stand_in,
    isPinned: fromFlag(row.is_pinned),
    installedBy: row.installed_by,
    installedAt: row.installed_at,
  };
}
