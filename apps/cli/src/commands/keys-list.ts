import type { KeyDto } from '@racetrack-platform/contracts';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { renderTable } from '../output/table.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { openSession } from '../remote/open-session.ts';

const inputSchema = z.object({ remote: z.string().optional() });

/** `racetrack keys list`: by fingerprint; the keys themselves never leave the server. */
export const keysListCommand = defineCommand<z.infer<typeof inputSchema>, KeyDto[]>({
  input: inputSchema,
  async run(context, { remote }) {
    const { client } = await openSession(context, remote);
    return await client.listKeys({ signal: context.io.signal });
  },
  render(keys, { io }) {
    const rows = keys.map(({ name, fingerprint, source, made_at }) => [
      name,
      fingerprint,
      source,
      made_at === null ? '' : new Date(made_at * 1_000).toISOString().slice(0, 10),
    ]);
    return terminalSafe(
      renderTable([['KEY', 'FINGERPRINT', 'FROM', 'HERE SINCE'], ...rows]),
      io.stdout.isTerminal,
    );
  },
});
