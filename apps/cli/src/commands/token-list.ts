import type { OwnTokenDto } from '@racetrack-platform/contracts';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { renderRelativeTime } from '../output/relative-time.ts';
import { renderTable } from '../output/table.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { openSession } from '../remote/open-session.ts';

const inputSchema = z.object({ remote: z.string().optional() });

const TITLES = ['NAME', 'ID', 'STATE', 'CREATED', 'LAST USE', 'EXPIRES'];

/** `racetrack token list`: your own, the oldest first. */
export const tokenListCommand = defineCommand<z.infer<typeof inputSchema>, OwnTokenDto[]>({
  input: inputSchema,
  async run(context, { remote }) {
    const { client } = await openSession(context, remote);
    return await client.listTokens({ signal: context.io.signal });
  },
  render(tokens, { io }) {
    const now = io.nowMs() / 1_000;
    const rows = tokens.map((token) => [
      token.name ?? '(sign-in)',
      token.id,
      describeState(token, now),
      renderRelativeTime(token.create_time, now),
      renderRelativeTime(token.last_use_time, now),
      token.expiry_time === null ? 'never' : new Date(token.expiry_time * 1_000).toISOString(),
    ]);
    return terminalSafe(renderTable([TITLES, ...rows]), io.stdout.isTerminal);
  },
});

function describeState({ active, expiry_time, is_current }: OwnTokenDto, now: number): string {
  if (!active) return 'revoked';
  if (expiry_time !== null && expiry_time <= now) return 'expired';
  return is_current ? 'active, this one' : 'active';
}
