import { z } from 'zod';
import { defineCommand } from '../../command/define-command.ts';
import { terminalSafe } from '../../output/terminal-safe.ts';
import { openSession } from '../../remote/open-session.ts';

const inputSchema = z.object({
  name: z.string().min(1),
  version: z.string().min(1).default('latest'),
  remote: z.string().optional(),
});

/** `racetrack get manifest`: YAML to be saved as job.yaml and deployed elsewhere. */
export const getManifestCommand = defineCommand({
  input: inputSchema,
  async run(context, { name, version, remote }: z.infer<typeof inputSchema>) {
    const { client } = await openSession(context, remote);
    const options = { signal: context.io.signal };
    return { manifest_yaml: await client.getReproducibleManifest(name, version, options) };
  },
  render: ({ manifest_yaml: yaml }, { io }) => terminalSafe(yaml, io.stdout.isTerminal),
});
