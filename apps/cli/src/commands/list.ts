import type { JobAnswer } from '@racetrack-platform/client';
import { scrub } from '@racetrack-platform/errors';
import { compareVersions, parseVersion } from '@racetrack-platform/manifest';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { renderRelativeTime } from '../output/relative-time.ts';
import { renderTable } from '../output/table.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { openSession } from '../remote/open-session.ts';

const COLUMN_NAMES = [
  'job_type',
  'infrastructure',
  'deployed_by',
  'updated_at',
  'last_call_at',
  'pub_url',
] as const;

const inputSchema = z.object({
  remoteArg: z.string().optional(),
  remote: z.string().optional(),
  column: z.array(z.enum([...COLUMN_NAMES, 'all'])).default([]),
});
type ListInput = z.infer<typeof inputSchema>;

type Render = (job: JobAnswer, nowSeconds: number) => string | null | undefined;

/** In the order in which they are shown, whatever the order of the options. */
const OPTIONAL_COLUMNS: readonly { name: (typeof COLUMN_NAMES)[number]; title: string; render: Render }[] = [
  { name: 'job_type', title: 'JOB TYPE', render: (job) => job.job_type_version },
  { name: 'infrastructure', title: 'INFRASTRUCTURE', render: (job) => job.infrastructure_target },
  { name: 'deployed_by', title: 'DEPLOYED BY', render: (job) => job.deployed_by },
  { name: 'updated_at', title: 'UPDATED AT', render: (job, now) => renderRelativeTime(job.update_time, now) },
  {
    name: 'last_call_at',
    title: 'LAST CALL AT',
    render: (job, now) => renderRelativeTime(job.last_call_time, now),
  },
  { name: 'pub_url', title: 'PUB URL', render: (job) => job.pub_url },
];

/** `racetrack list`: rows by name, then the newest version first; JSON in the order of the server. */
export const listCommand = defineCommand<ListInput, JobAnswer[]>({
  input: inputSchema,
  async run(context, input) {
    const { client, remote } = await openSession(context, input.remote ?? input.remoteArg);
    const jobs = await client.listJobs({ signal: context.io.signal });
    const server = scrub(remote.url);
    context.log.info(
      jobs.length === 0
        ? `No jobs deployed at ${server}.`
        : `List of all jobs (${jobs.length}) deployed at ${server}:`,
    );
    return jobs;
  },
  render(jobs, { io }, { column }) {
    if (jobs.length === 0) return '';
    const now = io.nowMs() / 1000;
    const chosen = OPTIONAL_COLUMNS.filter(({ name }) => column.includes(name) || column.includes('all'));
    const reasons = jobs.map((job) => [job.error, job.notice].map(firstLine).filter(Boolean).join('; '));
    // Only when there is something to say: scripts read the columns of the original.
    const isNoted = reasons.some((reason) => reason !== '');
    const pins = jobs.map((job) => (job.pinned_as ?? []).join(', '));
    const isPinned = pins.some((patterns) => patterns !== '');
    const rows = jobs.map((job, index) => [
      job.name,
      job.version,
      job.status.toUpperCase(),
      ...chosen.map(({ render }) => render(job, now) ?? ''),
      ...(isPinned ? [pins[index] ?? ''] : []),
      ...(isNoted ? [reasons[index] ?? ''] : []),
    ]);
    const titles = [
      'NAME',
      'VERSION',
      'STATUS',
      ...chosen.map(({ title }) => title),
      ...(isPinned ? ['PINNED'] : []),
      ...(isNoted ? ['REASON'] : []),
    ];
    const table = renderTable([titles, ...rows.toSorted(compareRows)]);
    return terminalSafe(table, io.stdout.isTerminal);
  },
});

type Row = readonly string[];

function compareRows([nameA = '', versionA = '']: Row, [nameB = '', versionB = '']: Row): number {
  if (nameA !== nameB) return nameA < nameB ? -1 : 1;
  const [left, right] = [parseVersion(versionA), parseVersion(versionB)];
  // What is no version stands last.
  if (left === undefined || right === undefined)
    return Number(left === undefined) - Number(right === undefined);
  return compareVersions(right, left);
}

/** The others of an error are the job's last output; `logs` shows them. */
function firstLine(text: string | null | undefined): string {
  return text?.split('\n', 1)[0] ?? '';
}
