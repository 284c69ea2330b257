import type { PluginAnswer } from '@racetrack-platform/client';
import { z } from 'zod';
import type { CommandContext } from '../command/command-context.ts';
import { defineCommand } from '../command/define-command.ts';
import { sayResult } from '../command/say-result.ts';
import { assertDescribed, findPlugin } from '../plugins/find-plugin.ts';
import { openSession } from '../remote/open-session.ts';

const inputSchema = z.object({
  name: z.string().min(1),
  version: z.string().min(1).optional(),
  remote: z.string().optional(),
});
type PinInput = z.infer<typeof inputSchema>;

interface PinResult {
  readonly name: string;
  readonly version: string;
  readonly is_pinned: boolean;
}

/** `racetrack plugin pin`: an upgrade of the platform leaves the plugin as it is. */
export const pluginPinCommand = defineCommand<PinInput, PinResult>({
  input: inputSchema,
  run: async (context, input) => await change(context, input, true),
  render: () => '',
});

/** `racetrack plugin unpin` */
export const pluginUnpinCommand = defineCommand<PinInput, PinResult>({
  input: inputSchema,
  run: async (context, input) => await change(context, input, false),
  render: () => '',
});

async function change(context: CommandContext, input: PinInput, isPinned: boolean): Promise<PinResult> {
  const { client } = await openSession(context, input.remote);
  const { signal } = context.io;
  // Of several versions the pinned one is meant that is to go.
  const isMeant = isPinned ? undefined : (plugin: PluginAnswer) => plugin.is_pinned === true;
  const found = await findPlugin(client, input.name, input.version, signal, isMeant);
  assertDescribed(found, 'pinning');
  const { name, version } = found;
  await client.setPluginPinned(name, version, isPinned, { signal });
  const what = isPinned
    ? 'stays as it is when the platform is upgraded'
    : 'is upgraded with the platform again';
  sayResult(context, `Plugin ${name} ${version} ${what}`);
  return { name, version, is_pinned: isPinned };
}
