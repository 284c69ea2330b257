import type { LifecycleClient } from '@racetrack-platform/client';
import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { openSession } from '../remote/open-session.ts';
import { remoteFlag } from '../remote/select-remote.ts';

const inputSchema = z.object({
  name: z.string().min(1),
  version: z.string().min(1).optional(),
  pattern: z.string().min(1).default('latest'),
  undo: z.boolean().default(false),
  unpin: z.boolean().default(false),
  remote: z.string().optional(),
});
type PromoteInput = z.infer<typeof inputSchema>;

interface PromoteResult {
  readonly name: string;
  readonly pattern: string;
  /** What the alias stands for now; null: it is not pinned. */
  readonly version: string | null;
}

/** `racetrack promote`: decides what `latest`, or a wildcard, stands for. */
export const promoteCommand = defineCommand<PromoteInput, PromoteResult>({
  input: inputSchema,
  async run(context, input) {
    const change = chooseChange(input);
    const { client, remote } = await openSession(context, input.remote);
    const { name, pattern } = input;
    const version = await change(client, context.io.signal);
    const options = pattern === 'latest' ? '' : ` --pattern ${pattern}`;
    if (version !== null && !input.undo) {
      context.log.info(`To go back: racetrack promote ${name} --undo${options}${remoteFlag(remote)}`);
    }
    return { name, pattern, version };
  },
  render: ({ name, pattern, version }) =>
    version === null
      ? `${pattern} of ${name} is not pinned: it stands for the highest stable version\n`
      : `${pattern} of ${name} stands for ${version} now\n`,
});

type Change = (client: LifecycleClient, signal: AbortSignal) => Promise<string | null>;

/** A version, or one of the two options. */
function chooseChange({ name, version, pattern, undo, unpin }: PromoteInput): Change {
  if ([version !== undefined, undo, unpin].filter(Boolean).length !== 1) {
    throw new PlatformError('USAGE', 'Give a version, or --undo, or --unpin.', {
      hint: `Promote a version that runs, such as: racetrack promote ${name} 1.2.0; see them with racetrack list.`,
    });
  }
  if (undo)
    return async (client, signal) => (await client.undoPin(name, pattern, { signal }))?.version ?? null;
  if (version === undefined) {
    return async (client, signal) => {
      await client.unpin(name, pattern, { signal });
      return null;
    };
  }
  return async (client, signal) => (await client.promoteJob(name, version, pattern, { signal })).version;
}
