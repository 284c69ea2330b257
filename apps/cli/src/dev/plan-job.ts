import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NativePlan } from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';
import {
  getJobType,
  getJobTypeExtra,
  resolveJobType,
  suggestJobType,
  type Manifest,
} from '@racetrack-platform/manifest';
import {
  startPluginHost,
  type ProvidedJobType,
  type SharedPluginHost,
} from '@racetrack-platform/plugin-engine';
import type { Log } from '../output/log.ts';
import { terminalSafe } from '../output/terminal-safe.ts';

/** The plugins that come with the platform. */
const BUNDLED = fileURLToPath(new URL('../../../../plugins/', import.meta.url));

/** What a job type says of a job. */
export interface PlannedJob {
  readonly plan: NativePlan;
  /** Resolved, `name:version`. */
  readonly jobType: string;
  readonly pluginDir: string;
  /** The interpreter or compiler of this machine, such as `node 24.1.0, /usr/bin/node`; a server may have another. */
  readonly tool: string | undefined;
}

export interface PlanJobOptions {
  readonly manifest: Manifest;
  /** Folder of a plugin that is asked before those that come with the platform, absolute. */
  readonly plugin: string | undefined;
  /** Below it every plugin has a directory of its own. */
  readonly pluginDataDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Pick<Log, 'debug'>;
  readonly signal: AbortSignal;
}

/**
 * Asks the plugin of a job's type how to build and run it here. The plugins run in a process of their own, which ends with
 * the answer.
 *
 * @throws PlatformError `JOB_TYPE_UNKNOWN`, `NOT_SUPPORTED`, `MANIFEST_INVALID`, `PLUGIN_INVALID`.
 */
export async function planJob(options: PlanJobOptions): Promise<PlannedJob> {
  const { manifest, log, signal } = options;
  const dirs = await listPluginDirs(options.plugin);
  await using host = await startPluginHost({
    plugins: await Promise.all(dirs.map(async (dir) => await describePlugin(dir, options.pluginDataDir))),
    logger: {
      info: (_fields, message) => log.debug(message),
      warn: (_fields, message) => log.debug(message),
      error: (_fields, message) => log.debug(message),
    },
    env: options.env,
  });
  refuseBrokenPlugin(host, options.plugin);
  const jobType = chooseJobType(host, getJobType(manifest));
  const plan = await host.planNative(
    jobType.fullName,
    {
      name: manifest.name,
      version: manifest.version,
      jobtypeExtra: getJobTypeExtra(manifest),
      systemDependencies: manifest.system_dependencies ?? [],
    },
    signal,
  );
  return { plan, jobType: jobType.fullName, pluginDir: jobType.pluginDir, tool: nameTool(plan) };
}

/** Job types name it first among the inputs of their environment, and where it is as `executable`. */
function nameTool({ environment }: NativePlan): string | undefined {
  const { executable } = environment.inputs;
  const [first] = Object.entries(environment.inputs);
  if (executable === undefined || first === undefined) return undefined;
  return terminalSafe(`${first.join(' ')}, ${executable}`, true);
}

async function listPluginDirs(plugin: string | undefined): Promise<string[]> {
  const ofJobTypes: string[] = [];
  for (const name of await readdir(BUNDLED)) {
    const dir = join(BUNDLED, name);
    if (await isJobType(dir)) ofJobTypes.push(dir);
  }
  return plugin === undefined ? ofJobTypes : [plugin, ...ofJobTypes];
}

/** The others need not be loaded, and some would miss a platform. */
async function isJobType(dir: string): Promise<boolean> {
  const text = await readFile(join(dir, 'plugin-manifest.yaml'), 'utf8').catch(() => '');
  return /^category:\s*job-type\s*$/m.test(text);
}

async function describePlugin(dir: string, pluginDataDir: string) {
  const dataDir = join(pluginDataDir, basename(dir));
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  return { dir, dataDir, settings: {}, platform: {} };
}

function refuseBrokenPlugin(host: SharedPluginHost, plugin: string | undefined): void {
  if (plugin === undefined) return;
  const hint = `Check it: racetrack plugin validate ${plugin}`;
  if (!existsSync(plugin))
    throw new PlatformError('PLUGIN_INVALID', `there is no plugin in ${plugin}`, { hint });
  const described = host.describe().find(({ dir }) => dir === plugin);
  if (described === undefined || described.error === null) return;
  throw new PlatformError('PLUGIN_INVALID', `the plugin in ${plugin} cannot be used: ${described.error}`, {
    hint,
  });
}

function chooseJobType(host: SharedPluginHost, requested: string): ProvidedJobType {
  const available = host.jobTypes();
  const native = available.filter(({ isNative }) => isNative);
  const resolution = resolveJobType(
    requested,
    native.map(({ fullName }) => fullName),
  );
  const found =
    resolution.kind === 'found' ? native.find(({ fullName }) => fullName === resolution.version) : undefined;
  if (found !== undefined) return found;
  const isForContainers = available.some(
    (jobType) => !jobType.isNative && requested.startsWith(`${jobType.name}:`),
  );
  if (isForContainers) {
    throw new PlatformError(
      'NOT_SUPPORTED',
      `job type ${requested} runs in containers only, and not on this machine`,
      {
        hint: 'Deploy the job to a server with a target for containers: racetrack deploy',
      },
    );
  }
  const message =
    resolution.kind === 'missing' ? resolution.message : `language ${requested} is not supported`;
  const meant = suggestJobType(
    requested,
    native.map(({ fullName }) => fullName),
  );
  const question = meant === undefined ? '' : `Did you mean ${meant}? `;
  throw new PlatformError('JOB_TYPE_UNKNOWN', message, {
    hint: `${question}Correct \`jobtype\` in job.yaml, or name the folder of the plugin that brings it: racetrack dev --plugin DIR`,
  });
}
