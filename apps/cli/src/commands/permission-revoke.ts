import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { openSession } from '../remote/open-session.ts';

const inputSchema = z.object({ permission: z.string().min(1), remote: z.string().optional() });
type RevokeInput = z.infer<typeof inputSchema>;

/** `racetrack permission revoke` */
export const permissionRevokeCommand = defineCommand<RevokeInput, { readonly revoked: string }>({
  input: inputSchema,
  async run(context, { permission, remote }) {
    const { client } = await openSession(context, remote);
    await client.revokePermission(permission, { signal: context.io.signal });
    return { revoked: permission };
  },
  render: ({ revoked }) => `Permission ${revoked} is revoked.\n`,
});
