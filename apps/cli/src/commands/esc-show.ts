import type { AuthTokenData, EscAuthData } from '@racetrack-platform/contracts';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { renderTable } from '../output/table.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { openSession } from '../remote/open-session.ts';

const inputSchema = z.object({ id: z.string(), remote: z.string().optional() });

/** `racetrack esc show`: its tokens with their texts, the oldest first. */
export const escShowCommand = defineCommand<z.infer<typeof inputSchema>, EscAuthData>({
  input: inputSchema,
  async run(context, { id, remote }) {
    const { client } = await openSession(context, remote);
    return await client.getEsc(id, { signal: context.io.signal });
  },
  render({ tokens }, { io }) {
    const rows = tokens.map((token) => [token.id, describeState(token, io.nowMs() / 1_000), token.token]);
    return terminalSafe(renderTable([['ID', 'STATE', 'TOKEN'], ...rows]), io.stdout.isTerminal);
  },
});

function describeState({ active, expiry_time }: AuthTokenData, now: number): string {
  if (!active) return 'revoked';
  if (expiry_time === null) return 'active';
  return `${expiry_time <= now ? 'ended' : 'ends'} ${new Date(expiry_time * 1_000).toISOString()}`;
}
