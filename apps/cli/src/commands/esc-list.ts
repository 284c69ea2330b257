import type { EscDto } from '@racetrack-platform/contracts';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { renderTable } from '../output/table.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { openSession } from '../remote/open-session.ts';

const inputSchema = z.object({ remote: z.string().optional() });

/** `racetrack esc list`: by name. */
export const escListCommand = defineCommand<z.infer<typeof inputSchema>, EscDto[]>({
  input: inputSchema,
  async run(context, { remote }) {
    const { client } = await openSession(context, remote);
    const escs = await client.listEscs({ signal: context.io.signal });
    if (escs.length === 0) context.log.info('No external services.');
    return escs;
  },
  render(escs, { io }) {
    if (escs.length === 0) return '';
    const rows = escs.map(({ name, id }) => [name, id]);
    return terminalSafe(renderTable([['NAME', 'ID'], ...rows]), io.stdout.isTerminal);
  },
});
