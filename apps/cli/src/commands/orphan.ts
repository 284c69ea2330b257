import type { JobAnswer } from '@racetrack-platform/client';
import type { OrphanDto, OrphanListDto } from '@racetrack-platform/contracts';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { renderRelativeTime } from '../output/relative-time.ts';
import { renderTable } from '../output/table.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { openSession } from '../remote/open-session.ts';

const listSchema = z.object({ remote: z.string().optional() });
const inputSchema = z.object({ instance: z.string().min(1), remote: z.string().optional() });
type InstanceInput = z.infer<typeof inputSchema>;

/** `racetrack orphan list` */
export const orphanListCommand = defineCommand<z.infer<typeof listSchema>, OrphanListDto>({
  input: listSchema,
  async run(context, { remote }) {
    const { client } = await openSession(context, remote);
    const found = await client.listOrphans({ signal: context.io.signal });
    for (const target of found.unreachable_targets) {
      context.log.warn(`The target ${target} cannot be reached now: what is on it is not known.`);
    }
    if (found.orphans.length === 0) context.log.info('No orphaned instances.');
    return found;
  },
  render({ orphans }, { io }) {
    if (orphans.length === 0) return '';
    const now = io.nowMs() / 1_000;
    const rows = orphans.map((orphan) => [
      orphan.instance,
      orphan.target,
      orphan.job_name === null ? 'unknown' : `${orphan.job_name} ${orphan.job_version ?? ''}`,
      orphan.state,
      renderRelativeTime(orphan.start_time, now),
      sayWhether(orphan),
    ]);
    const titles = ['INSTANCE', 'TARGET', 'JOB', 'STATE', 'STARTED', 'ADOPTABLE'];
    return terminalSafe(renderTable([titles, ...rows]), io.stdout.isTerminal);
  },
});

/** `racetrack orphan adopt` */
export const orphanAdoptCommand = defineCommand<InstanceInput, JobAnswer>({
  input: inputSchema,
  async run(context, { instance, remote }) {
    const { client } = await openSession(context, remote);
    return await client.adoptOrphan(instance, { signal: context.io.signal });
  },
  render({ name, version, status, notice }, { io }) {
    const note = notice ? ` Note: ${notice}` : '';
    return terminalSafe(`${name} ${version} is a job again: ${status}.${note}\n`, io.stdout.isTerminal);
  },
});

/** `racetrack orphan remove` */
export const orphanRemoveCommand = defineCommand<InstanceInput, { readonly removed: string }>({
  input: inputSchema,
  async run(context, { instance, remote }) {
    const { client } = await openSession(context, remote);
    await client.removeOrphan(instance, { signal: context.io.signal });
    return { removed: instance };
  },
  render: ({ removed }) => `Removed the instance ${removed}\n`,
});

function sayWhether({ adoptable, reason }: OrphanDto): string {
  const word = adoptable ? 'yes' : 'no';
  return reason === null ? word : `${word}: ${reason}`;
}
