import type { PublicEndpointRequestDto } from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { renderTable } from '../output/table.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { openSession } from '../remote/open-session.ts';

const listSchema = z.object({ remote: z.string().optional() });
const inputSchema = z.object({
  job: z.string(),
  endpoint: z.string().min(1),
  family: z.boolean().default(false),
  remote: z.string().optional(),
});
type Input = z.infer<typeof inputSchema>;

interface Changed {
  readonly job: string;
  /** Null: all versions. */
  readonly version: string | null;
  readonly endpoint: string;
  readonly active: boolean;
  readonly for_family: boolean;
}

/** `racetrack public-endpoint list` */
export const publicEndpointListCommand = defineCommand<
  z.infer<typeof listSchema>,
  PublicEndpointRequestDto[]
>({
  input: listSchema,
  async run(context, { remote }) {
    const { client } = await openSession(context, remote);
    const endpoints = await client.listPublicEndpoints({ signal: context.io.signal });
    if (endpoints.length === 0) context.log.info('No manifest asks for public endpoints.');
    return endpoints;
  },
  render(endpoints, { io }) {
    if (endpoints.length === 0) return '';
    const rows = endpoints.map((asked) => [
      `${asked.job_name}/${asked.job_version}`,
      asked.endpoint,
      asked.active ? 'open' : 'closed',
      asked.approved_by ?? '',
      asked.for_family ? 'open' : '',
    ]);
    const titles = ['JOB', 'ENDPOINT', 'STATE', 'OPENED BY', 'NEW VERSIONS'];
    return terminalSafe(renderTable([titles, ...rows]), io.stdout.isTerminal);
  },
});

/** `racetrack public-endpoint open` */
export const publicEndpointOpenCommand = defineChange(true);

/** `racetrack public-endpoint close` */
export const publicEndpointCloseCommand = defineChange(false);

function defineChange(active: boolean) {
  return defineCommand<Input, Changed>({
    input: inputSchema,
    async run(context, { job, endpoint, family, remote }) {
      const { name, version } = parseJob(job);
      const { client } = await openSession(context, remote);
      const options = { signal: context.io.signal };
      if (family && !active) {
        // Works without any version left, too.
        await client.withdrawFamilyEndpoint(name, endpoint, options);
        return { job: name, version: null, endpoint, active, for_family: false };
      }
      const exact = (await client.getJob(name, version, options)).version;
      const change = { endpoint, active, for_family: family };
      const changed = await client.changePublicEndpoint(name, exact, change, options);
      return {
        job: changed.job_name,
        version: changed.job_version,
        endpoint: changed.endpoint,
        active: changed.active,
        for_family: changed.for_family,
      };
    },
    render: (changed, { io }) => terminalSafe(`${sayChange(changed)}\n`, io.stdout.isTerminal),
  });
}

function sayChange({ job, version, endpoint, active, for_family: forFamily }: Changed): string {
  const place = version === null ? `all versions of ${job}` : `${job} v${version}`;
  if (!active) return `${endpoint} of ${place} asks for a token again.`;
  const further = forFamily ? '; so it will be at new versions that ask for it' : '';
  return `${endpoint} of ${place} is open to everybody${further}.`;
}

function parseJob(text: string): { name: string; version: string } {
  const [name = '', version = 'latest', ...rest] = text.split('/');
  if (name !== '' && version !== '' && rest.length === 0) return { name, version };
  throw new PlatformError('USAGE', `'${text}' is neither NAME nor NAME/VERSION`);
}
