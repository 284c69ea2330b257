import type { CommandSpec, OptionSpec } from '../command/command-spec.ts';
import { REMOTE_OPTION } from './shared-options.ts';

const AUDIT_FILTERS: readonly OptionSpec[] = [
  { flags: '--actor <name>', summary: 'what this user or service did' },
  { flags: '--subject <name>', summary: 'what was done to this user or service' },
  { flags: '--type <event>', summary: 'events of one type, such as job_deleted' },
  { flags: '--job <name>', summary: 'of a job family, or of one job as NAME/VERSION' },
  { flags: '--from <time>', summary: 'from this time on, such as 2026-11-21T20:00:00Z or 2026-11-21' },
  { flags: '--to <time>', summary: 'before this time' },
];

/** Commands for those who run a platform. */
export const OPERATION_COMMANDS: readonly CommandSpec[] = [
  {
    path: ['maintenance', 'on'],
    summary: 'Turn maintenance mode on: jobs are neither changed nor called until it is off',
    arguments: [],
    options: [REMOTE_OPTION, { flags: '--message <text>', summary: 'shown to everybody who is refused' }],
    example: "maintenance on --message 'until 6 pm'",
    load: async () => (await import('./maintenance.ts')).maintenanceOnCommand,
  },
  {
    path: ['maintenance', 'off'],
    summary: 'Turn maintenance mode off',
    arguments: [],
    options: [REMOTE_OPTION],
    example: 'maintenance off',
    load: async () => (await import('./maintenance.ts')).maintenanceOffCommand,
  },
  {
    path: ['maintenance', 'status'],
    summary: 'Tell whether maintenance mode is on',
    arguments: [],
    options: [REMOTE_OPTION],
    example: 'maintenance status',
    load: async () => (await import('./maintenance.ts')).maintenanceStatusCommand,
  },
  {
    path: ['audit', 'list'],
    summary: 'Show what happened, the newest first: all of it to staff, to others what they may see',
    arguments: [],
    options: [
      REMOTE_OPTION,
      ...AUDIT_FILTERS,
      { flags: '--limit <count>', summary: 'how many entries at most; 50 by default' },
    ],
    example: 'audit list --job adder --from 2026-11-21',
    load: async () => (await import('./audit-list.ts')).auditListCommand,
  },
  {
    path: ['audit', 'export'],
    summary: 'Print the audit log, whole or filtered, or write it to a file; for staff',
    arguments: [],
    options: [
      REMOTE_OPTION,
      ...AUDIT_FILTERS,
      { flags: '--format <format>', summary: 'JSON lines or CSV', choices: ['jsonl', 'csv'] },
      { flags: '--out <file>', summary: 'file to write, which must not exist' },
    ],
    example: 'audit export --format csv --out audit.csv',
    load: async () => (await import('./audit-export.ts')).auditExportCommand,
  },
];
