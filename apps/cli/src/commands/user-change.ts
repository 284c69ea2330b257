import type { ChangeUserPayload, UserDto } from '@racetrack-platform/contracts';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { openSession } from '../remote/open-session.ts';

const inputSchema = z.object({
  name: z.string(),
  revoke: z.boolean().default(false),
  remote: z.string().optional(),
});
type Input = z.infer<typeof inputSchema>;

/** `racetrack user activate`. */
export const userActivateCommand = defineChange(() => ({ is_active: true }));

/** `racetrack user deactivate`. */
export const userDeactivateCommand = defineChange(() => ({ is_active: false }));

/** `racetrack user staff`, with and without `--revoke`. */
export const userStaffCommand = defineChange(({ revoke }) => ({ is_staff: !revoke }));

function defineChange(toChange: (input: Input) => ChangeUserPayload) {
  return defineCommand<Input, UserDto>({
    input: inputSchema,
    async run(context, input) {
      const { client } = await openSession(context, input.remote);
      return await client.changeUser(input.name, toChange(input), { signal: context.io.signal });
    },
    render: ({ username, is_active, is_staff }) =>
      `${username} is ${is_active ? 'active' : 'inactive'} and ${is_staff ? 'a' : 'no'} staff member\n`,
  });
}
