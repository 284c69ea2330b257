import type { AuditLogEntryDto } from '@racetrack-platform/contracts';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { renderTable } from '../output/table.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { openSession } from '../remote/open-session.ts';
import { auditFilterShape, selectAuditFilter } from './audit-filter.ts';

/** As many as the server gives at once. */
const PAGE = 1_000;

const inputSchema = z.object({
  ...auditFilterShape,
  limit: z.coerce.number().int().min(1).default(50),
});

/** `racetrack audit list` */
export const auditListCommand = defineCommand<z.infer<typeof inputSchema>, AuditLogEntryDto[]>({
  input: inputSchema,
  async run(context, input) {
    const { client } = await openSession(context, input.remote);
    const filter = selectAuditFilter(input);
    const entries: AuditLogEntryDto[] = [];
    let cursor: string | undefined;
    do {
      const limit = Math.min(PAGE, input.limit - entries.length);
      const page = await client.readAuditLog({ ...filter, limit, cursor }, { signal: context.io.signal });
      entries.push(...page.events);
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined && entries.length < input.limit);
    if (entries.length === 0) context.log.info('Nothing of that kind is on record.');
    if (cursor !== undefined) context.log.info(`The newest ${entries.length}; --limit shows more.`);
    return entries;
  },
  render(entries, { io }) {
    if (entries.length === 0) return '';
    const rows = entries.map(({ timestamp, event_type: type, username_executor: actor, explanation }) => [
      new Date(timestamp * 1_000).toISOString().replace('.000Z', 'Z'),
      actor ?? '',
      type,
      explanation,
    ]);
    return terminalSafe(renderTable([['TIME', 'ACTOR', 'EVENT', 'WHAT'], ...rows]), io.stdout.isTerminal);
  },
});
