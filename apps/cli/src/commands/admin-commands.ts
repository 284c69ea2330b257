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
const INSTANCE_ARGUMENT = { name: 'instance', isRequired: true, summary: 'as orphan list shows it' } as const;
const OPENABLE_ARGUMENTS = [
  {
    name: 'job',
    isRequired: true,
    summary: 'NAME/VERSION, or NAME for the latest version; the version may be a pattern such as 1.x',
  },
  { name: 'endpoint', isRequired: true, summary: 'as the manifest names it, such as /api/v1/perform' },
] as const;
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
    example:
      'permission explain user:alice@example.com call_job --job adder/latest --endpoint /api/v1/perform',
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
    example: 'permission grant user:alice@example.com call_job --family adder',
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
      { flags: '--subject <subject>', summary: 'of one user, service or job family, such as esc:shop' },
      { flags: '--family <name>', summary: 'on a job family and on its jobs' },
      { flags: '--job <name/version>', summary: 'on one job' },
    ],
    example: 'permission list --subject user:alice@example.com',
    load: async () => (await import('./permission-list.ts')).permissionListCommand,
  },
  {
    path: ['public-endpoint', 'list'],
    summary: 'List the endpoints that manifests ask to be public, open and closed; for staff',
    arguments: [],
    options: [REMOTE_OPTION],
    example: 'public-endpoint list',
    load: async () => (await import('./public-endpoint.ts')).publicEndpointListCommand,
  },
  {
    path: ['public-endpoint', 'open'],
    summary: 'Open such an endpoint to callers without a token; for staff',
    arguments: OPENABLE_ARGUMENTS,
    options: [REMOTE_OPTION, { flags: '--family', summary: 'for new versions that ask for it, too' }],
    example: 'public-endpoint open adder/1.2.0 /api/v1/perform',
    showsHelpWhenBare: true,
    load: async () => (await import('./public-endpoint.ts')).publicEndpointOpenCommand,
  },
  {
    path: ['public-endpoint', 'close'],
    summary: 'Close such an endpoint: calls need a token again; for staff',
    arguments: OPENABLE_ARGUMENTS,
    options: [REMOTE_OPTION, { flags: '--family', summary: 'at all versions, and at new ones' }],
    example: 'public-endpoint close adder /api/v1/perform --family',
    showsHelpWhenBare: true,
    load: async () => (await import('./public-endpoint.ts')).publicEndpointCloseCommand,
  },
  {
    path: ['keys', 'list'],
    summary: 'List the keys of the server by fingerprint and age',
    arguments: [],
    options: [REMOTE_OPTION],
    example: 'keys list',
    load: async () => (await import('./keys-list.ts')).keysListCommand,
  },
  {
    path: ['keys', 'rotate'],
    summary: 'Replace a key of the server while it runs; a new auth key cuts off every token',
    arguments: [{ name: 'key', isRequired: true, summary: 'auth or secrets' }],
    options: [
      REMOTE_OPTION,
      { flags: '-y, --yes', summary: 'do not ask on the terminal before the auth key is replaced' },
    ],
    example: 'keys rotate secrets',
    showsHelpWhenBare: true,
    load: async () => (await import('./keys-rotate.ts')).keysRotateCommand,
  },
  {
    path: ['orphan', 'list'],
    summary: 'List the instances that run and that no job owns',
    arguments: [],
    options: [REMOTE_OPTION],
    example: 'orphan list',
    load: async () => (await import('./orphan.ts')).orphanListCommand,
  },
  {
    path: ['orphan', 'adopt'],
    summary: 'Make such an instance a job again',
    arguments: [INSTANCE_ARGUMENT],
    options: [REMOTE_OPTION],
    example: 'orphan adopt i-0123456789ab',
    showsHelpWhenBare: true,
    load: async () => (await import('./orphan.ts')).orphanAdoptCommand,
  },
  {
    path: ['orphan', 'remove'],
    summary: 'Stop such an instance and take it away',
    arguments: [INSTANCE_ARGUMENT],
    options: [REMOTE_OPTION],
    example: 'orphan remove i-0123456789ab',
    showsHelpWhenBare: true,
    load: async () => (await import('./orphan.ts')).orphanRemoveCommand,
  },
];
