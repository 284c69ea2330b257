import type { PermissionAnswer } from '@racetrack-platform/client';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { openSession } from '../remote/open-session.ts';
import { parseJob, parseScope, saySubject, sayTarget } from './permission-target.ts';

const inputSchema = z.object({
  subject: z.string().min(1),
  scope: z.string(),
  family: z.string().optional(),
  job: z.string().optional(),
  endpoint: z.string().optional(),
  remote: z.string().optional(),
});
type GrantInput = z.infer<typeof inputSchema>;

/** `racetrack permission grant`: doing it again changes nothing. */
export const permissionGrantCommand = defineCommand<GrantInput, PermissionAnswer>({
  input: inputSchema,
  async run(context, { subject, scope, family, job, endpoint, remote }) {
    const permission = {
      subject,
      scope: parseScope(scope),
      ...(family !== undefined && { family }),
      ...(job !== undefined && { job: parseJob(job) }),
      ...(endpoint !== undefined && { endpoint }),
    };
    const { client } = await openSession(context, remote);
    return await client.grantPermission(permission, { signal: context.io.signal });
  },
  render(given, { io }) {
    const text = `${saySubject(given)} may ${given.scope} on ${sayTarget(given)} (permission ${given.number ?? given.id}).\n`;
    return terminalSafe(text, io.stdout.isTerminal);
  },
});
