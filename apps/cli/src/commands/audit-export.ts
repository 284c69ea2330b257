import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { openSession } from '../remote/open-session.ts';
import { auditFilterShape, selectAuditFilter } from './audit-filter.ts';

const inputSchema = z.object({
  ...auditFilterShape,
  format: z.enum(['jsonl', 'csv']).default('jsonl'),
  out: z.string().min(1).optional(),
});

/** What was exported: the text, or where it is. */
type Exported = { readonly text: string } | { readonly file: string };

/** `racetrack audit export` */
export const auditExportCommand = defineCommand<z.infer<typeof inputSchema>, Exported>({
  input: inputSchema,
  async run(context, input) {
    const { client } = await openSession(context, input.remote);
    const query = { ...selectAuditFilter(input), format: input.format };
    const text = await client.exportAuditLog(query, { signal: context.io.signal });
    if (input.out === undefined) return { text };
    const file = resolve(context.io.cwd, input.out);
    await writeNew(file, text);
    return { file };
  },
  render: (exported, { io }) =>
    'file' in exported
      ? `The audit log is in ${exported.file}\n`
      : terminalSafe(exported.text, io.stdout.isTerminal),
});

/** It tells who did what from where, so others need not read it; and what is there stays as it is. */
async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new PlatformError('USAGE', `${file} exists already`, { hint: 'Choose another name with --out.' });
  }
}
