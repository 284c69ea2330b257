import type { MaintenanceDto } from '@racetrack-platform/contracts';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import type { CommandContext } from '../command/command-context.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { openSession } from '../remote/open-session.ts';

const inputSchema = z.object({ message: z.string().optional(), remote: z.string().optional() });
type Input = z.infer<typeof inputSchema>;

/** `racetrack maintenance on` */
export const maintenanceOnCommand = defineCommand<Input, MaintenanceDto>({
  input: inputSchema,
  run: async (context, { message, remote }) =>
    await change(context, remote, { enabled: true, message: message ?? null }),
  render,
});

/** `racetrack maintenance off` */
export const maintenanceOffCommand = defineCommand<Input, MaintenanceDto>({
  input: inputSchema,
  run: async (context, { remote }) => await change(context, remote, { enabled: false, message: null }),
  render,
});

/** `racetrack maintenance status` */
export const maintenanceStatusCommand = defineCommand<Input, MaintenanceDto>({
  input: inputSchema,
  async run(context, { remote }) {
    const { client } = await openSession(context, remote);
    return await client.getMaintenance({ signal: context.io.signal });
  },
  render,
});

async function change(
  context: CommandContext,
  remote: string | undefined,
  wanted: MaintenanceDto,
): Promise<MaintenanceDto> {
  const { client } = await openSession(context, remote);
  return await client.setMaintenance(wanted, { signal: context.io.signal });
}

function render({ enabled, message }: MaintenanceDto, { io }: CommandContext): string {
  if (!enabled) return 'Maintenance mode is off.\n';
  const text = message === null ? '' : ` Message: ${message}`;
  return terminalSafe(
    `Maintenance mode is on: jobs are neither changed nor called.${text}\n`,
    io.stdout.isTerminal,
  );
}
