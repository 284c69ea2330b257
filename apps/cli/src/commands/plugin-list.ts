import type { LifecycleClient, PluginAnswer } from '@racetrack-platform/client';
import { scrub } from '@racetrack-platform/errors';
import { z } from 'zod';
import type { CommandContext } from '../command/command-context.ts';
import { defineCommand } from '../command/define-command.ts';
import { renderTable } from '../output/table.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { openSession } from '../remote/open-session.ts';

const inputSchema = z.object({
  jobTypes: z.boolean().default(false),
  details: z.boolean().default(false),
  remote: z.string().optional(),
});

/** Full names of job types, or all that the server tells of its plugins. */
type Listed = readonly (string | PluginAnswer)[];

/** Enough to tell two archives apart; JSON holds all of it. */
const SHOWN_DIGEST_LENGTH = 12;

/** `racetrack plugin list`: the lines are the original's, in the order of the server. */
export const pluginListCommand = defineCommand<z.infer<typeof inputSchema>, Listed>({
  input: inputSchema,
  async run(context, { jobTypes, details, remote: option }) {
    const { client, remote } = await openSession(context, option);
    const listed = jobTypes
      ? await client.listJobTypes({ signal: context.io.signal })
      : await listPlugins(context, client, details);
    const what = jobTypes ? 'Job type versions' : 'Plugins';
    context.log.info(`${what} currently installed on ${scrub(remote.url)} (${listed.length}):`);
    return listed;
  },
  render(listed, { io }, { details }) {
    const plugins = listed.filter((one) => typeof one !== 'string');
    const text = details && plugins.length > 0 ? renderDetails(plugins) : listed.map(renderLine).join('');
    return terminalSafe(text, io.stdout.isTerminal);
  },
});

async function listPlugins(
  { io, log }: CommandContext,
  client: LifecycleClient,
  details: boolean,
): Promise<readonly PluginAnswer[]> {
  const { plugins, isDescribed } = await client.listPlugins({ signal: io.signal });
  if (details && !isDescribed) log.warn('This server tells no more of its plugins than name and version.');
  for (const { manifest, error } of plugins) {
    if (typeof error !== 'string') continue;
    log.warn(terminalSafe(`${manifest.name} ${manifest.version} is faulty: ${error}`, io.stderr.isTerminal));
  }
  return plugins;
}

function renderLine(one: string | PluginAnswer): string {
  return typeof one === 'string' ? `${one}\n` : `${one.manifest.name}==${one.manifest.version}\n`;
}

function renderDetails(plugins: readonly PluginAnswer[]): string {
  const rows = plugins.map((plugin) => [
    plugin.manifest.name,
    plugin.manifest.version,
    plugin.manifest.category ?? '',
    `${plugin.origin ?? ''}${plugin.is_pinned === true ? ', pinned' : ''}`,
    sayState(plugin),
    sayOffers(plugin),
    plugin.installed_by ?? '',
    (plugin.digest ?? '').slice(0, SHOWN_DIGEST_LENGTH),
  ]);
  const titles = ['NAME', 'VERSION', 'CATEGORY', 'ORIGIN', 'STATE', 'OFFERS', 'INSTALLED BY', 'SHA256'];
  return renderTable([titles, ...rows]);
}

/** Job types and targets; of a plugin that has neither, the hooks that it is there for. */
function sayOffers({ job_types = [], targets = [], hooks = [] }: PluginAnswer): string {
  const names = [...job_types, ...targets].map(({ name }) => name);
  return (names.length > 0 ? names : hooks).join(', ');
}

function sayState({ error, stand_in }: PluginAnswer): string {
  if (typeof error === 'string') return 'faulty';
  return stand_in ? `answered by ${stand_in}` : 'ok';
}
