import { defineCommand } from '../command/define-command.ts';
import { renewalInputSchema, renewJob } from './renew-job.ts';

/** `racetrack redeploy`: builds a job again from the commit it was built from, and replaces what runs. */
export const redeployCommand = defineCommand({
  input: renewalInputSchema,
  run: async (context, input) =>
    await renewJob(
      context,
      input,
      { kind: 'redeploy' },
      { before: 'Redeploying job {job} at {server}...', after: 'Job {job} at {server} has been redeployed' },
    ),
  render: () => '',
});
