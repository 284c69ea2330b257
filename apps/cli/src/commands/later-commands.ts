import type { CommandSpec } from '../command/command-spec.ts';
import { BUILD_CONTEXT_OPTION, EXTRA_VARS_OPTION, REMOTE_OPTION } from './shared-options.ts';

const load: CommandSpec['load'] = async () => (await import('./not-offered.ts')).notOfferedCommand;

const PLUGIN_ARGUMENT = { name: 'name', isRequired: true, summary: 'name of the plugin' } as const;
const WORKDIR_ARGUMENT = {
  name: 'workdir',
  isRequired: false,
  summary: 'directory; the current one by default',
} as const;
const REQUIRED_VERSION = {
  flags: '--version <version>',
  summary: 'exact version',
  isRequired: true,
} as const;

/** Commands of the original that this version understands, but does not carry out yet. */
export const LATER_COMMANDS: readonly CommandSpec[] = [
  {
    path: ['run-local'],
    summary: 'Run a job on this machine (comes with a later version)',
    arguments: [WORKDIR_ARGUMENT],
    options: [
      REMOTE_OPTION,
      EXTRA_VARS_OPTION,
      BUILD_CONTEXT_OPTION,
      { flags: '--port <port>', summary: 'port on this machine' },
      { flags: '--cmd <command>', summary: 'command of the container' },
    ],
    example: 'run-local .',
    load,
  },
  {
    path: ['plugin', 'install'],
    summary: 'Install a plugin (comes with a later version)',
    arguments: [
      { name: 'plugin_uri', isRequired: true, summary: 'file, URL of a ZIP, or GitHub repository' },
    ],
    options: [REMOTE_OPTION, { flags: '--replace', summary: 'remove other versions first' }],
    example: 'plugin install github.com/TheRacetrack/plugin-python-job-type',
    showsHelpWhenBare: true,
    load,
  },
  {
    path: ['plugin', 'uninstall'],
    summary: 'Uninstall a plugin (comes with a later version)',
    arguments: [PLUGIN_ARGUMENT],
    options: [REMOTE_OPTION, REQUIRED_VERSION],
    example: 'plugin uninstall python3-job-type --version 2.4.0',
    showsHelpWhenBare: true,
    load,
  },
  {
    path: ['plugin', 'list'],
    summary: 'List the plugins of the server (comes with a later version)',
    arguments: [],
    options: [REMOTE_OPTION, { flags: '--job-types', summary: 'list job types and their versions' }],
    example: 'plugin list --job-types',
    load,
  },
  {
    path: ['plugin', 'download'],
    summary: 'Download a plugin of the server (comes with a later version)',
    arguments: [PLUGIN_ARGUMENT, { name: 'version', isRequired: true, summary: 'exact version' }],
    options: [
      REMOTE_OPTION,
      { flags: '--out-dir <directory>', summary: 'where to put it' },
      { flags: '--out-filename <name>', summary: 'name of the file' },
    ],
    example: 'plugin download python3-job-type 2.4.0',
    showsHelpWhenBare: true,
    load,
  },
];
