import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { choosePort, portSchema, readVariables, resolvePlugin } from '../dev/dev-options.ts';
import { findOtherJobs } from '../dev/find-other-jobs.ts';
import { runDevLoop } from '../dev/dev-loop.ts';
import type { ExampleAnswer } from '../dev/call-example.ts';

const inputSchema = z.object({
  workdir: z.string().min(1).optional(),
  remote: z.string().optional(),
  extraVars: z.array(z.string()).default([]),
  env: z.array(z.string()).default([]),
  plugin: z.string().min(1).optional(),
  port: portSchema,
  reload: z.boolean().default(true),
  once: z.boolean().default(false),
});
type DevInput = z.infer<typeof inputSchema>;

/** `racetrack dev`: runs a job on this machine with its wrapper, and again whenever a file is saved. */
export const devCommand = defineCommand<DevInput, ExampleAnswer | undefined>({
  input: inputSchema,
  async run(context, input) {
    const answer = await runDevLoop(context, {
      workdir: input.workdir,
      extraVars: input.extraVars,
      extraEnv: readVariables(input.env, context.io.env),
      plugin: resolvePlugin(context.io.cwd, input.plugin),
      port: choosePort(input.port),
      otherJobs: await findOtherJobs(context, input.remote),
      chooseSource: async () => 'local',
      reloads: input.reload && !input.once,
      isOnce: input.once,
    });
    if (answer === undefined || answer.status < 400) return answer;
    throw new PlatformError(
      'DEPLOYMENT_FAILED',
      `the example was answered with ${answer.status}: ${answer.text.trimEnd()}`,
      {
        hint: 'The example is what the job documents, such as docs_input_example in Python; its log above says what happened.',
      },
    );
  },
  render: (answer) => (answer === undefined ? '' : `${answer.text.trimEnd()}\n`),
});
