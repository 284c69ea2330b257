import type { PermissionAnswer } from '@racetrack-platform/client';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { renderTable } from '../output/table.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { openSession } from '../remote/open-session.ts';
import { saySubject, sayTarget } from './permission-target.ts';

/** As many as the server gives at once. */
const PAGE = 10_000;

const inputSchema = z.object({
  subject: z.string().optional(),
  family: z.string().optional(),
  job: z.string().optional(),
  remote: z.string().optional(),
});
type ListInput = z.infer<typeof inputSchema>;

/** `racetrack permission list`: oldest first, all of them. */
export const permissionListCommand = defineCommand<ListInput, PermissionAnswer[]>({
  input: inputSchema,
  async run(context, { subject, family, job, remote }) {
    const { client } = await openSession(context, remote);
    const filter = {
      ...(subject !== undefined && { subject }),
      ...(family !== undefined && { family }),
      ...(job !== undefined && { job }),
    };
    const all: PermissionAnswer[] = [];
    for (;;) {
      const query = { ...filter, limit: PAGE, offset: all.length };
      const page = await client.listPermissions(query, { signal: context.io.signal });
      all.push(...page);
      if (page.length < PAGE) break;
    }
    if (all.length === 0) context.log.info('No permissions.');
    return all;
  },
  render(permissions, { io }) {
    if (permissions.length === 0) return '';
    const rows = permissions.map((permission) => [
      String(permission.number ?? permission.id),
      saySubject(permission),
      permission.scope,
      sayTarget(permission),
    ]);
    return terminalSafe(renderTable([['NUMBER', 'SUBJECT', 'SCOPE', 'ON'], ...rows]), io.stdout.isTerminal);
  },
});
