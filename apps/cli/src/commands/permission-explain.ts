import type { ExplanationAnswer } from '@racetrack-platform/client';
import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { openSession } from '../remote/open-session.ts';
import { parseScope } from './permission-target.ts';

const inputSchema = z.object({
  subject: z.string().min(1),
  scope: z.string(),
  family: z.string().optional(),
  job: z.string().optional(),
  endpoint: z.string().optional(),
  remote: z.string().optional(),
});
type ExplainInput = z.infer<typeof inputSchema>;

/** `racetrack permission explain`: a denial is an answer as well, so the exit code is 0. */
export const permissionExplainCommand = defineCommand<ExplainInput, ExplanationAnswer>({
  input: inputSchema,
  async run(context, { subject, scope, family, job, endpoint, remote }) {
    if (family !== undefined && job !== undefined) {
      throw new PlatformError('USAGE', 'give --family or --job, not both');
    }
    const question = {
      scope: parseScope(scope),
      ...(subject !== 'me' && { subject }),
      ...((job ?? family) !== undefined && { job: job ?? family }),
      ...(endpoint !== undefined && { endpoint }),
    };
    const { client } = await openSession(context, remote);
    return await client.explainPermission(question, { signal: context.io.signal });
  },
  render(explanation, { io }) {
    const lines = [`${explanation.allowed ? 'Allowed' : 'Denied'}. ${explanation.reason}`];
    if (explanation.command !== null) {
      const givers = explanation.can_be_given_by.join(', ');
      lines.push(`Missing is one permission${givers === '' ? '' : `; it can be given by ${givers}`}:`);
      lines.push(`  ${explanation.command}`);
    }
    return terminalSafe(`${lines.join('\n')}\n`, io.stdout.isTerminal);
  },
});
