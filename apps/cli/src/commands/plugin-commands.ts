import type { CommandSpec } from '../command/command-spec.ts';

/** Commands for authors of plugins; they need no server. */
export const PLUGIN_COMMANDS: readonly CommandSpec[] = [
  {
    path: ['plugin', 'init'],
    summary: 'Write the beginnings of a plugin that works',
    arguments: [{ name: 'name', isRequired: true, summary: 'name of the plugin, and of the new directory' }],
    options: [
      {
        flags: '--type <type>',
        summary: 'what it brings: a language for jobs, or somewhere to run them; job-type by default',
        choices: ['job-type', 'target'],
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
