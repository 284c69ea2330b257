import type { CommandSpec, OptionSpec } from '../command/command-spec.ts';
import { REMOTE_OPTION } from './shared-options.ts';

const NAME_ARGUMENT = { name: 'name', isRequired: true, summary: 'name of the plugin' } as const;
const VERSION_OPTION: OptionSpec = {
  flags: '--version <version>',
  summary: 'exact version; the highest stable one by default',
};

/** Plugins of the server; most of these are for staff. */
const SERVER_PLUGIN_COMMANDS: readonly CommandSpec[] = [
  {
    path: ['plugin', 'install'],
    summary: 'Install a plugin from a file, a URL or GitHub; for staff',
    arguments: [
      {
        name: 'plugin_uri',
        isRequired: true,
        summary: 'ZIP file, URL of one, github.com/OWNER/REPO, the same with ==VERSION, or bundled:NAME',
      },
    ],
    options: [REMOTE_OPTION, { flags: '--replace', summary: 'remove all other versions of the plugin' }],
    example: 'plugin install github.com/TheRacetrack/plugin-python-job-type==2.15.1',
    showsHelpWhenBare: true,
    load: async () => (await import('./plugin-install.ts')).pluginInstallCommand,
  },
  {
    path: ['plugin', 'uninstall'],
    summary: 'Uninstall a version of a plugin; for staff',
    arguments: [NAME_ARGUMENT],
    options: [
      REMOTE_OPTION,
      { flags: '--version <version>', summary: 'exact version', isRequired: true },
      { flags: '-y, --yes', summary: 'do not ask on the terminal when jobs use it' },
    ],
    example: 'plugin uninstall python3-job-type --version 2.4.0',
    showsHelpWhenBare: true,
    load: async () => (await import('./plugin-uninstall.ts')).pluginUninstallCommand,
  },
  {
    path: ['plugin', 'list'],
    summary: 'List the plugins of the server',
    arguments: [],
    options: [
      REMOTE_OPTION,
      { flags: '--job-types', summary: 'list job types and their versions' },
      { flags: '--details', summary: 'show a table: where each is from, whether it works, what it offers' },
    ],
    example: 'plugin list --details',
    load: async () => (await import('./plugin-list.ts')).pluginListCommand,
  },
  {
    path: ['plugin', 'download'],
    summary: 'Download the ZIP of a plugin of the server',
    arguments: [NAME_ARGUMENT, { name: 'version', isRequired: true, summary: 'exact version' }],
    options: [
      REMOTE_OPTION,
      { flags: '--out-dir <directory>', summary: 'where to put it; the current directory by default' },
      { flags: '--out-filename <name>', summary: 'name of the file; NAME-VERSION.zip by default' },
    ],
    example: 'plugin download python3-job-type 2.4.0',
    showsHelpWhenBare: true,
    load: async () => (await import('./plugin-download.ts')).pluginDownloadCommand,
  },
  {
    path: ['plugin', 'config'],
    summary: 'Show, replace or edit the configuration of a plugin; for staff',
    arguments: [{ name: 'action', isRequired: true, summary: 'get, set or edit' }, NAME_ARGUMENT],
    options: [
      REMOTE_OPTION,
      { flags: '--file <file>', summary: 'of set: the new text; - is standard input' },
      VERSION_OPTION,
    ],
    example: 'plugin config set ruby-job-type --file config.yaml',
    showsHelpWhenBare: true,
    load: async () => (await import('./plugin-config.ts')).pluginConfigCommand,
  },
  {
    path: ['plugin', 'run'],
    summary: 'Have a plugin do what it offers to do; for staff',
    arguments: [
      NAME_ARGUMENT,
      { name: 'parameters', isRequired: false, isVariadic: true, summary: 'KEY=VALUE; values are texts' },
    ],
    options: [REMOTE_OPTION, { flags: '--json <object>', summary: 'parameters as JSON instead' }],
    example: 'plugin run cleaner days=30',
    showsHelpWhenBare: true,
    load: async () => (await import('./plugin-run.ts')).pluginRunCommand,
  },
  {
    path: ['plugin', 'docs'],
    summary: 'Read the documentation that a plugin brings',
    arguments: [NAME_ARGUMENT],
    options: [REMOTE_OPTION],
    example: 'plugin docs job-type-python3',
    showsHelpWhenBare: true,
    load: async () => (await import('./plugin-docs.ts')).pluginDocsCommand,
  },
  {
    path: ['plugin', 'pin'],
    summary: 'Keep a plugin of the platform as it is when the platform is upgraded; for staff',
    arguments: [NAME_ARGUMENT],
    options: [REMOTE_OPTION, VERSION_OPTION],
    example: 'plugin pin job-type-python3',
    showsHelpWhenBare: true,
    load: async () => (await import('./plugin-pin.ts')).pluginPinCommand,
  },
  {
    path: ['plugin', 'unpin'],
    summary: 'Let a plugin be upgraded with the platform again; for staff',
    arguments: [NAME_ARGUMENT],
    options: [REMOTE_OPTION, VERSION_OPTION],
    example: 'plugin unpin job-type-python3',
    showsHelpWhenBare: true,
    load: async () => (await import('./plugin-pin.ts')).pluginUnpinCommand,
  },
];

/** Commands for authors of plugins, which need no server, and those that manage the server's. */
export const PLUGIN_COMMANDS: readonly CommandSpec[] = [
  ...SERVER_PLUGIN_COMMANDS,
  {
    path: ['plugin', 'init'],
    summary: 'Write the beginnings of a plugin that works',
    arguments: [{ name: 'name', isRequired: true, summary: 'name of the plugin, and of the new directory' }],
    options: [
      {
        flags: '--type <type>',
        summary:
          'what it brings: a language for jobs, somewhere to run them, or only hooks (core); job-type by default',
        choices: ['job-type', 'target', 'core'],
      },
      {
        flags: '--language <language>',
        summary: 'what it is written in; typescript by default',
        choices: ['typescript', 'python'],
      },
    ],
    example: 'plugin init ruby-job-type --language typescript',
    showsHelpWhenBare: true,
    load: async () => (await import('./plugin-init.ts')).pluginInitCommand,
  },
  {
    path: ['plugin', 'validate'],
    summary: 'Check a plugin without a server and without running it',
    arguments: [
      {
        name: 'path',
        isRequired: false,
        summary: 'directory or ZIP of the plugin; the current directory by default',
      },
    ],
    options: [],
    example: 'plugin validate golang-job-type-1.5.0.zip',
    load: async () => (await import('./plugin-validate.ts')).pluginValidateCommand,
  },
  {
    path: ['plugin', 'bundle'],
    summary: 'Make a plugin ZIP of a directory',
    arguments: [
      { name: 'workdir', isRequired: false, summary: 'directory of the plugin; the current one by default' },
    ],
    options: [
      { flags: '--out <directory>', summary: 'where to put it; the directory of the plugin by default' },
      { flags: '--out-filename <name>', summary: 'name of the file; NAME-VERSION.zip by default' },
      { flags: '--plugin-version <version>', summary: 'version instead of the one in the manifest' },
    ],
    example: 'plugin bundle . --out dist',
    load: async () => (await import('./plugin-bundle.ts')).pluginBundleCommand,
  },
];
