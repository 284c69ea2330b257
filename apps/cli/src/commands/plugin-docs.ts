import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { findPlugin } from '../plugins/find-plugin.ts';
import { openSession } from '../remote/open-session.ts';

const inputSchema = z.object({ name: z.string().min(1), remote: z.string().optional() });

interface Docs {
  readonly name: string;
  /** Markdown; null when there is none. */
  readonly docs: string | null;
}

/** `racetrack plugin docs`: Markdown as the plugin wrote it. */
export const pluginDocsCommand = defineCommand<z.infer<typeof inputSchema>, Docs>({
  input: inputSchema,
  async run(context, { name, remote }) {
    const { client } = await openSession(context, remote);
    const { signal } = context.io;
    await findPlugin(client, name, undefined, signal);
    const docs = await client.getPluginDocs(name, { signal });
    if (docs === null) context.log.note(`Plugin ${name} has no documentation.`);
    return { name, docs };
  },
  render: ({ docs }, { io }) =>
    docs === null ? '' : terminalSafe(`${docs.trimEnd()}\n`, io.stdout.isTerminal),
});
