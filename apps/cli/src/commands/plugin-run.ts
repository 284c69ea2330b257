import type { LifecycleClient } from '@racetrack-platform/client';
import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { openSession } from '../remote/open-session.ts';

const inputSchema = z.object({
  name: z.string().min(1),
  parameters: z.array(z.string()).default([]),
  json: z.string().optional(),
  remote: z.string().optional(),
});

const jsonObjectSchema = z.record(z.string(), z.unknown());

/** `racetrack plugin run`: prints what the plugin answers. */
export const pluginRunCommand = defineCommand<z.infer<typeof inputSchema>, { readonly result: unknown }>({
  input: inputSchema,
  async run(context, { name, parameters, json, remote }) {
    const values = readParameters(parameters, json);
    const { client } = await openSession(context, remote);
    const { signal } = context.io;
    const result = await client.runPlugin(name, values, { signal });
    // The server answers `null`, as the original does, both for nothing to do and for nothing to say.
    if (result === null) await assertOffersAction(client, name, signal);
    return { result };
  },
  render({ result }, { io }) {
    const text = typeof result === 'string' ? result : JSON.stringify(result, null, 2);
    return terminalSafe(`${text}\n`, io.stdout.isTerminal);
  },
});

async function assertOffersAction(client: LifecycleClient, name: string, signal: AbortSignal): Promise<void> {
  const { plugins } = await client.listPlugins({ signal });
  const hooks = plugins.filter(({ manifest }) => manifest.name === name).map((plugin) => plugin.hooks);
  // A server of the original does not tell hooks.
  if (hooks.length === 0 || hooks.some((names) => names?.includes('run_action') ?? true)) return;
  throw new PlatformError('USAGE', `plugin ${name} offers no action`, {
    hint: `See what it is there for: racetrack plugin docs ${name}`,
  });
}

function readParameters(pairs: readonly string[], json: string | undefined): Record<string, unknown> {
  if (json === undefined) return Object.fromEntries(pairs.map(readPair));
  if (pairs.length > 0) {
    throw new PlatformError('USAGE', 'parameters were given twice', {
      hint: 'Use either KEY=VALUE or --json.',
    });
  }
  const parsed = jsonObjectSchema.safeParse(parseJson(json));
  if (parsed.success) return parsed.data;
  throw new PlatformError('USAGE', 'the text after --json is no JSON object', {
    hint: `Write one such as --json '{"days": 30}'.`,
  });
}

/** Every value is a text, whatever it looks like: `version=1.10` stays 1.10. */
function readPair(pair: string): [name: string, value: string] {
  const end = pair.indexOf('=');
  if (end > 0) return [pair.slice(0, end), pair.slice(end + 1)];
  throw new PlatformError('USAGE', `${JSON.stringify(pair)} is not of the form KEY=VALUE`, {
    hint: 'For values that are no texts use --json.',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
