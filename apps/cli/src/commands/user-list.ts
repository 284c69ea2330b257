import type { UserDto } from '@racetrack-platform/contracts';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { renderRelativeTime } from '../output/relative-time.ts';
import { renderTable } from '../output/table.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { openSession } from '../remote/open-session.ts';

const inputSchema = z.object({ remote: z.string().optional() });

/** `racetrack user list`: by name. */
export const userListCommand = defineCommand<z.infer<typeof inputSchema>, UserDto[]>({
  input: inputSchema,
  async run(context, { remote }) {
    const { client } = await openSession(context, remote);
    return await client.listUsers({ signal: context.io.signal });
  },
  render(users, { io }) {
    const now = io.nowMs() / 1_000;
    const rows = users.map(({ username, is_active, is_staff, last_login_time }) => [
      username,
      is_active ? 'active' : 'inactive',
      is_staff ? 'yes' : 'no',
      renderRelativeTime(last_login_time, now),
    ]);
    return terminalSafe(
      renderTable([['NAME', 'STATE', 'STAFF', 'LAST SIGN-IN'], ...rows]),
      io.stdout.isTerminal,
    );
  },
});
