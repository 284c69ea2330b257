import { COMPATIBLE_VERSION } from '@racetrack-platform/contracts';
import { createPluginRepository, type InstalledPlugin, type StoreTransaction } from '@racetrack-platform/db';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import type { PluginConfig } from '@racetrack-platform/plugin-engine';
import {
  assertCompatible,
  openPluginArchive,
  type PluginArchive,
  type PluginManifest,
} from '@racetrack-platform/plugin-package';
import { recordAudit } from '../../audit/record-audit.ts';
import type { Actor } from '../../auth/actor.ts';
import { assertDisplacesNone } from './assert-displaces-none.ts';
import { assertNoTwin } from './assert-no-twin.ts';
import { findStandIn } from './known-originals.ts';
import { readPluginConfig } from './plugin-config.ts';
import type { PluginDeps } from './plugin-deps.ts';
import { putArchive } from './put-archive.ts';
import { tryPlugin, type TriedPlugin } from './try-plugin.ts';
import { within } from './within.ts';

export interface InstallRequest {
  /** Of the ZIP. */
  readonly path: string;
  /** The ZIP as people know it; stands in messages. */
  readonly source: string;
  /** Whether all other versions of the plugin go. */
  readonly replace: boolean;
  readonly actor: Actor;
  /** Address that it was fetched from. @defaultValue it was sent */
  readonly fetchedFrom?: string | undefined;
  /** The plugin of the platform that this one, made from it, stands for. */
  readonly pinned?: PluginConfig | undefined;
}

/** For unpacking it, installing what it requires, and its first start. */
const INSTALL_MS = 15 * 60_000;
/** How often an archive that others have removed as unused is put into the store again. */
const ATTEMPTS = 3;

/**
 * Installs a plugin: it is checked, unpacked and started; only one that works gets into the store, and what runs already
 * is taken over, so that its code runs once. Whatever fails changes nothing.
 *
 * @throws PlatformError `PLUGIN_INVALID`, `PLUGIN_INCOMPATIBLE`, `PLUGIN_REQUIREMENTS`, `ALREADY_EXISTS`.
 */
export async function installPlugin(deps: PluginDeps, request: InstallRequest): Promise<PluginManifest> {
  return await within(
    `installing ${request.source}`,
    INSTALL_MS,
    async (signal) => await install(deps, request, signal),
  );
}

async function install(
  deps: PluginDeps,
  request: InstallRequest,
  signal: AbortSignal,
): Promise<PluginManifest> {
  const archive = await openArchive(request, signal);
  assertCompatible(archive.manifest, COMPATIBLE_VERSION);
  const plugin = describeArchive(deps, archive, request);
  const bundled = request.pinned === undefined ? deps.set.list() : [];
  assertNoTwin(
    plugin,
    bundled.filter(({ origin }) => origin !== 'installed'),
    request.replace,
  );
  const config = await readPluginConfig(deps.store.db, deps.sealer, plugin.name);
  try {
    await tryAndKeep(deps, { plugin, config, request, signal });
  } catch (error) {
    // The files of what is not installed go; others may be waiting for the same.
    await deps.set.collect();
    throw error;
  }
  return archive.manifest;
}

interface Trial {
  readonly plugin: InstalledPlugin;
  readonly config: string;
  readonly request: InstallRequest;
  readonly signal: AbortSignal;
}

async function tryAndKeep(deps: PluginDeps, trial: Trial): Promise<void> {
  const { plugin, config, request, signal } = trial;
  using _kept = deps.set.reserve(plugin.digest);
  const tried = await tryUnlessAnswered(deps, trial);
  try {
    if (tried !== null) {
      const isAsked = request.replace || request.pinned !== undefined;
      if (!isAsked) assertDisplacesNone(deps.set, { name: plugin.name, description: tried.description });
      await checkTemplates(deps, tried, signal);
    }
    const description = tried === null ? null : { ...tried.description };
    await keep(deps, { ...plugin, description }, request);
  } catch (error) {
    await tried?.host.stop();
    throw error;
  }
  if (tried !== null) deps.set.adopt(tried.prepared, config, tried.host);
  await deps.set.reload();
}

/** A mistake in a template is told to whoever installs it, not to the authors of jobs. */
async function checkTemplates(
  { dockerfiles }: PluginDeps,
  { prepared, description }: TriedPlugin,
  signal: AbortSignal,
): Promise<void> {
  const images = description.jobTypes.flatMap((jobType) => jobType.images);
  await dockerfiles.check(prepared.dir, images, signal);
}

async function openArchive({ path, source }: InstallRequest, signal: AbortSignal): Promise<PluginArchive> {
  try {
    return await openPluginArchive(path, { source, signal });
  } catch (error) {
    if (!PlatformError.is(error) || error.code !== 'PLUGIN_INVALID') throw error;
    throw new PlatformError(error.code, `loading plugin from ${messageOf(error)}`, {
      hint: error.hint,
      cause: error,
    });
  }
}

function describeArchive(
  { set }: PluginDeps,
  { manifest, digest, bytes, entryPoint }: PluginArchive,
  { actor, pinned }: InstallRequest,
): InstalledPlugin {
  const language = entryPoint.endsWith('.py') ? 'python' : 'javascript';
  return {
    name: manifest.name,
    version: manifest.version,
    digest,
    sizeBytes: bytes,
    language,
    manifest,
    description: null,
    standIn: findStandIn(manifest, language, set.targets()),
    isPinned: pinned !== undefined,
    installedBy: actor.executor,
    installedAt: Date.now(),
  };
}

/** `null`: a target of ours answers in its place. */
async function tryUnlessAnswered(
  { files }: PluginDeps,
  { plugin, config, request, signal }: Trial,
): Promise<TriedPlugin | null> {
  if (plugin.standIn !== null) return null;
  const { path: archivePath, source, pinned } = request;
  const what = `loading plugin from ${source}`;
  return await tryPlugin(files, plugin, {
    config,
    archivePath,
    signal,
    what,
    ...(pinned !== undefined && { pinned }),
  });
}

/** Archive first, as it takes its time; then everything that others see, at once. */
async function keep({ store }: PluginDeps, plugin: InstalledPlugin, request: InstallRequest): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    await putArchive(store, request.path, { digest: plugin.digest, bytes: plugin.sizeBytes });
    const { result: isKept } = await store.transaction(async (trx) => await keepRow(trx, plugin, request));
    if (isKept) return;
  }
  throw new PlatformError('PLUGIN_UNAVAILABLE', `the ZIP of ${plugin.name} is removed again and again`, {
    hint: 'Somebody else removes the same plugin at the same time; try again.',
  });
}

/** @returns whether its archive was still there. */
async function keepRow(
  trx: StoreTransaction,
  plugin: InstalledPlugin,
  request: InstallRequest,
): Promise<boolean> {
  const plugins = createPluginRepository(trx.db);
  if (!(await plugins.hasArchive(plugin.digest))) return false;
  const { replace, actor, fetchedFrom } = request;
  const same = (await plugins.list()).filter(({ name }) => name === plugin.name);
  if (!plugin.isPinned) assertNoTwin(plugin, same, replace);
  const others = replace ? same.filter(({ version }) => version !== plugin.version) : [];
  for (const other of others) {
    await plugins.remove(other.name, other.version);
    const replaced = { ...identify(other), replaced_by: plugin.version };
    await recordAudit(trx, { ...actor, eventType: 'plugin_uninstalled', properties: replaced });
  }
  await plugins.put(plugin);
  await recordAudit(trx, {
    ...actor,
    eventType: plugin.isPinned ? 'plugin_pinned' : 'plugin_installed',
    properties: {
      ...identify(plugin),
      size: plugin.sizeBytes,
      ...(fetchedFrom !== undefined && { fetched_from: fetchedFrom }),
      ...(others.length > 0 && { replaced: others.map(({ version }) => version).join(', ') }),
    },
  });
  return true;
}

/** A package, in the words of the audit log. */
export function identify({ name, version, digest }: Pick<InstalledPlugin, 'name' | 'version' | 'digest'>) {
  return { plugin_name: name, plugin_version: version, sha256: digest };
}
