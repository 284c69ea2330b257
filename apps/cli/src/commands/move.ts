import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { renewalInputSchema, renewJob } from './renew-job.ts';

const inputSchema = renewalInputSchema.extend({
  target: z.string().min(1).optional(),
  infrastructure: z.string().min(1).optional(),
  infrastructureTarget: z.string().min(1).optional(),
});

/** `racetrack move`: runs a job on another infrastructure target; what runs stays until the new one is ready. */
export const moveCommand = defineCommand({
  input: inputSchema,
  async run(context, input) {
    const target = input.infrastructure ?? input.infrastructureTarget ?? input.target;
    if (target === undefined) {
      throw new PlatformError('USAGE', "Missing option '--infrastructure'.", {
        hint: `Say where to: racetrack move ${input.name} --infrastructure TARGET`,
      });
    }
    return await renewJob(
      context,
      input,
      { kind: 'move', target },
      {
        before: `Moving job {job} at {server} to ${target} infrastructure...`,
        after: `Job {job} at {server} has been moved to ${target} infrastructure`,
      },
    );
  },
  render: () => '',
});
