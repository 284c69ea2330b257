import { defineCommand } from '../command/define-command.ts';
import { renewalInputSchema, renewJob } from './renew-job.ts';

/** `racetrack reprovision`: launches a job again as it was built, and replaces what runs. */
export const reprovisionCommand = defineCommand({
  input: renewalInputSchema,
  run: async (context, input) =>
    await renewJob(
      context,
      input,
      { kind: 'reprovision' },
      {
        before: 'Reprovisioning job {job} at {server}...',
        after: 'Job {job} at {server} has been reprovisioned',
      },
    ),
  render: () => '',
});
