import type { CommandSpec } from '../command/command-spec.ts';
import { REMOTE_ARGUMENT, REMOTE_OPTION } from './shared-options.ts';

const QUIET_OPTION = { flags: '-q, --quiet', summary: 'print the URL alone, on a terminal as well' } as const;

/** Commands about the client itself: account, remote, configuration. */
export const SETTING_COMMANDS: readonly CommandSpec[] = [
  {
    path: ['login'],
    summary: 'Store the token for a server, after checking it there',
    arguments: [{ name: 'token', isRequired: false, summary: 'auth token; - reads it from standard input' }],
    options: [
      REMOTE_OPTION,
      { flags: '--username <username>', summary: 'get the token with a password, which is asked for' },
    ],
    example: 'login --username admin --remote http://127.0.0.1:7002',
    showsHelpWhenBare: true,
    load: async () => (await import('./login.ts')).loginCommand,
  },
  {
    path: ['logout'],
    summary: 'Forget the token for a server',
    arguments: [REMOTE_ARGUMENT],
    options: [REMOTE_OPTION],
    example: 'logout --remote dev',
    load: async () => (await import('./logout.ts')).logoutCommand,
  },
  {
    path: ['set', 'remote'],
    summary: 'Set the server that all commands talk to',
    arguments: [{ name: 'remote', isRequired: true, summary: 'URL or alias' }],
    options: [],
    example: 'set remote http://127.0.0.1:7002',
    showsHelpWhenBare: true,
    load: async () => (await import('./set/remote.ts')).setRemoteCommand,
  },
  {
    path: ['set', 'alias'],
    summary: 'Give a server a short name',
    arguments: [
      { name: 'alias', isRequired: true, summary: 'the short name' },
      { name: 'racetrack_url', isRequired: true, summary: 'URL of the server' },
    ],
    options: [],
    example: 'set alias dev https://racetrack.example.com/lifecycle',
    showsHelpWhenBare: true,
    load: async () => (await import('./set/alias.ts')).setAliasCommand,
  },
  {
    path: ['set', 'credentials'],
    summary: 'Store the access to a git repository, to a group of them, or to a host',
    arguments: [
      { name: 'repo_url', isRequired: true, summary: 'such as https://github.com/acme' },
      { name: 'username', isRequired: true, summary: 'name of the account' },
      {
        name: 'token_password',
        isRequired: true,
        summary: 'token or password; - reads it from standard input',
      },
    ],
    options: [],
    example: 'set credentials https://github.com/acme bob -',
    showsHelpWhenBare: true,
    load: async () => (await import('./set/credentials.ts')).setCredentialsCommand,
  },
  {
    path: ['get', 'remote'],
    summary: 'Show the server that all commands talk to',
    arguments: [],
    options: [QUIET_OPTION, REMOTE_OPTION],
    example: 'get remote -q',
    load: async () => (await import('./get/remote.ts')).getRemoteCommand,
  },
  {
    path: ['get', 'pub'],
    summary: 'Show where the jobs of the server are called',
    arguments: [],
    options: [QUIET_OPTION, REMOTE_OPTION],
    example: 'get pub',
    load: async () => (await import('./get/pub.ts')).getPubCommand,
  },
  {
    path: ['get', 'manifest'],
    summary: 'Print the manifest that deploys the same again, on any server',
    arguments: [
      { name: 'name', isRequired: true, summary: 'name of the job' },
      { name: 'version', isRequired: false, summary: 'exact version, latest (the default), or a pattern' },
    ],
    options: [REMOTE_OPTION],
    example: 'get manifest adder 1.2.0',
    showsHelpWhenBare: true,
    load: async () => (await import('./get/manifest.ts')).getManifestCommand,
  },
  {
    path: ['get', 'config'],
    summary: 'Show the configuration; secrets are masked',
    arguments: [],
    options: [{ flags: '--show-secrets', summary: 'show tokens and passwords as they are' }],
    example: 'get config',
    load: async () => (await import('./get/config.ts')).getConfigCommand,
  },
  {
    path: ['get', 'auth-token'],
    summary: 'Print the token for a server',
    arguments: [],
    options: [REMOTE_OPTION],
    example: 'get auth-token --remote dev',
    load: async () => (await import('./get/auth-token.ts')).getAuthTokenCommand,
  },
  {
    path: ['version'],
    summary: 'Print the version of this client',
    arguments: [],
    options: [],
    example: 'version',
    load: async () => (await import('./version.ts')).versionCommand,
  },
];
