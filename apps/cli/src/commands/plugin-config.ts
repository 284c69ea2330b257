import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import type { CommandContext } from '../command/command-context.ts';
import { defineCommand } from '../command/define-command.ts';
import { sayResult } from '../command/say-result.ts';
import { readInput } from '../input/read-input.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { editText } from '../plugins/edit-text.ts';
import { findPlugin, type FoundPlugin } from '../plugins/find-plugin.ts';
import { openSession } from '../remote/open-session.ts';

const inputSchema = z.object({
  action: z.enum(['get', 'set', 'edit'], {
    error: 'use get, set or edit, such as racetrack plugin config get NAME',
  }),
  name: z.string().min(1),
  file: z.string().min(1).optional(),
  version: z.string().min(1).optional(),
  remote: z.string().optional(),
});
type ConfigInput = z.infer<typeof inputSchema>;

interface ConfigResult {
  readonly name: string;
  readonly version: string;
  /** As it is now. */
  readonly config: string;
}

type Save = (text: string) => Promise<void>;

const LIMIT_BYTES = 1024 * 1024;
const IDLE_MS = 30_000;

/** `racetrack plugin config`: the server tries a text before it takes it. */
export const pluginConfigCommand = defineCommand<ConfigInput, ConfigResult>({
  input: inputSchema,
  async run(context, input) {
    // What is to be set is read first: without it there is nothing to ask a server for.
    const given = input.action === 'set' ? await readText(context, input.file) : undefined;
    const { client } = await openSession(context, input.remote);
    const { signal } = context.io;
    const found = await findPlugin(client, input.name, input.version, signal);
    const { name, version } = found;
    const save: Save = async (text) => await client.setPluginConfig(name, version, text, { signal });
    if (given !== undefined) return { name, version, config: await set(context, found, given, save) };
    const before = await client.getPluginConfig(name, version, { signal });
    if (input.action === 'get') return { name, version, config: before };
    return { name, version, config: await edit(context, found, before, save) };
  },
  render({ config }, { io }, { action }) {
    if (action !== 'get' || config === '') return '';
    return terminalSafe(config.endsWith('\n') ? config : `${config}\n`, io.stdout.isTerminal);
  },
});

async function readText({ io }: CommandContext, file: string | undefined): Promise<string> {
  if (file === undefined) {
    throw new PlatformError('USAGE', "Missing option '--file'.", {
      hint: 'Name the file with the new text; - reads standard input.',
    });
  }
  if (file !== '-') return await readFile(resolve(io.cwd, file), 'utf8').catch(explainUnreadable(file));
  const firstByteMs = io.stdin.kind === 'terminal' ? undefined : IDLE_MS;
  return (await readInput(io, { firstByteMs, idleMs: firstByteMs, limitBytes: LIMIT_BYTES })) ?? '';
}

function explainUnreadable(file: string): (cause: unknown) => never {
  return (cause) => {
    throw new PlatformError('USAGE', `the file ${file} cannot be read`, { hint: 'Check its path.', cause });
  };
}

async function set(
  context: CommandContext,
  { name }: FoundPlugin,
  text: string,
  save: Save,
): Promise<string> {
  await save(text);
  sayResult(context, `The configuration of plugin ${name} is in force`);
  return text;
}

async function edit(
  context: CommandContext,
  found: FoundPlugin,
  before: string,
  save: Save,
): Promise<string> {
  const edited = await editText(context.io, 'config.yaml', before);
  if (edited.text === before) {
    await edited.discard();
    sayResult(context, 'Nothing was changed');
    return before;
  }
  try {
    await set(context, found, edited.text, save);
  } catch (error) {
    context.log.warn(`It was not taken over. What you wrote is kept in ${edited.path}`);
    throw error;
  }
  await edited.discard();
  return edited.text;
}
