import type { CommandSpec } from '../command/command-spec.ts';
import { REMOTE_OPTION } from './shared-options.ts';

const SUBJECT_ARGUMENT = {
  name: 'subject',
  isRequired: true,
  summary: 'user:NAME, esc:NAME-or-ID or job-family:NAME',
} as const;
const SCOPE_ARGUMENT = {
  name: 'scope',
  isRequired: true,
  summary:
    'read_job, call_job, deploy_job, deploy_new_family, delete_job, call_admin_api or full_access (all of them)',
} as const;
const FAMILY_OPTION = { flags: '--family <name>', summary: 'all versions of a job' } as const;
const ENDPOINT_OPTION = {
  flags: '--endpoint <path>',
  summary: 'one endpoint, such as /api/v1/perform',
} as const;

/** Commands for administrators, and for whoever wants to know what they may do. */
export const ADMIN_COMMANDS: readonly CommandSpec[] = [
  {
    path: ['permission', 'explain'],
    summary: 'Tell why something is allowed, or which permission is missing and who can give it',
    arguments: [
      { ...SUBJECT_ARGUMENT, summary: `${SUBJECT_ARGUMENT.summary}; me for yourself` },
      SCOPE_ARGUMENT,
    ],
    options: [
      REMOTE_OPTION,
      FAMILY_OPTION,
      {
        flags: '--job <name/version>',
        summary: 'one job; the version may be latest, or a pattern such as 1.x',
      },
      ENDPOINT_OPTION,
    ],
    example: 'permission explain user:alice call_job --job adder/latest --endpoint /api/v1/perform',
    showsHelpWhenBare: true,
    load: async () => (await import('./permission-explain.ts')).permissionExplainCommand,
  },
  {
    path: ['permission', 'grant'],
    summary: 'Give somebody a permission: on everything, or narrowed by the options',
    arguments: [SUBJECT_ARGUMENT, SCOPE_ARGUMENT],
    options: [
      REMOTE_OPTION,
      FAMILY_OPTION,
      { flags: '--job <name/version>', summary: 'one job, by its exact version' },
      ENDPOINT_OPTION,
    ],
    example: 'permission grant user:alice call_job --family adder',
    showsHelpWhenBare: true,
    load: async () => (await import('./permission-grant.ts')).permissionGrantCommand,
  },
  {
    path: ['permission', 'revoke'],
    summary: 'Take a permission away; calls that depend on it are refused within a second',
    arguments: [
      { name: 'permission', isRequired: true, summary: 'its number or id, as permission list shows it' },
    ],
    options: [REMOTE_OPTION],
    example: 'permission revoke 12',
    showsHelpWhenBare: true,
    load: async () => (await import('./permission-revoke.ts')).permissionRevokeCommand,
  },
  {
    path: ['permission', 'list'],
    summary: 'List permissions: those of everybody for administrators, your own otherwise',
    arguments: [],
    options: [
      REMOTE_OPTION,
      { flags: '--subject <subject>', summary: 'of one user, service or job family, such as user:alice' },
      { flags: '--family <name>', summary: 'on a job family and on its jobs' },
      { flags: '--job <name/version>', summary: 'on one job' },
    ],
    example: 'permission list --subject user:alice',
    load: async () => (await import('./permission-list.ts')).permissionListCommand,
  },
];
