import { scrub } from '@racetrack-platform/errors';
import { z } from 'zod';
import type { CommandContext } from '../command/command-context.ts';
import { defineCommand } from '../command/define-command.ts';
import { sayResult } from '../command/say-result.ts';
import { confirm } from '../input/confirm.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { findPlugin, type FoundPlugin } from '../plugins/find-plugin.ts';
import { openSession } from '../remote/open-session.ts';

const inputSchema = z.object({
  name: z.string().min(1),
  version: z.string().min(1),
  yes: z.boolean().default(false),
  remote: z.string().optional(),
});

interface UninstallResult {
  readonly name: string;
  readonly version: string;
  readonly uninstalled: true;
}

/** `racetrack plugin uninstall`: asks on a terminal when jobs use it; scripts are told, and go ahead as with the original. */
export const pluginUninstallCommand = defineCommand<z.infer<typeof inputSchema>, UninstallResult>({
  input: inputSchema,
  async run(context, { name, version, yes, remote: option }) {
    const { client, remote } = await openSession(context, option);
    const { signal } = context.io;
    const server = scrub(remote.url);
    const isAsked = !yes && context.io.stdin.kind === 'terminal' && context.io.stderr.isTerminal;
    const dependents = sayDependents(await findPlugin(client, name, version, signal));
    if (dependents !== undefined) await askOrWarn(context, dependents, isAsked);
    context.log.info(`Uninstalling plugin ${name} ${version} from ${server}`);
    await client.uninstallPlugin(name, version, { signal });
    sayResult(context, `Plugin ${name} ${version} has been uninstalled from ${server}`);
    return { name, version, uninstalled: true };
  },
  render: () => '',
});

async function askOrWarn({ io, log }: CommandContext, dependents: string, isAsked: boolean): Promise<void> {
  if (isAsked) await confirm(io, `${dependents} Uninstall it?`, 'nothing was uninstalled');
  else log.warn(dependents);
}

/** What becomes of the jobs that use a plugin; `undefined` when none does. */
function sayDependents({ name, version, plugin }: FoundPlugin): string | undefined {
  const jobTypes = (plugin.job_types ?? []).filter(isUsed);
  const targets = (plugin.targets ?? []).filter(isUsed);
  if (jobTypes.length + targets.length === 0) return undefined;
  const uses = [...jobTypes, ...targets].map((one) => `${one.active_jobs} use ${one.name}`).join(', ');
  const sentences = [`Jobs depend on plugin ${name} ${version}: ${uses}.`];
  if (jobTypes.length > 0) {
    sentences.push('Those of its job types go on, but cannot be deployed again until it is back.');
  }
  if (targets.length > 0) {
    sentences.push(
      'Those on its target may end, and cannot be reached until it is back; move them first: racetrack move NAME --version VERSION --infrastructure TARGET.',
    );
  }
  return terminalSafe(sentences.join(' '), true);
}

function isUsed({ active_jobs }: { readonly active_jobs: number }): boolean {
  return active_jobs > 0;
}
