import type { ArgumentSpec, OptionSpec } from '../command/command-spec.ts';

export const REMOTE_OPTION: OptionSpec = {
  flags: '--remote <remote>',
  summary: 'URL or alias of the server; the current remote by default',
};

export const EXTRA_VARS_OPTION: OptionSpec = {
  flags: '-e, --extra-vars <KEY=VALUE>',
  summary: 'override a field of the manifest, such as git.branch=dev; may be repeated',
  isRepeatable: true,
};

export const BUILD_CONTEXT_OPTION: OptionSpec = {
  flags: '--build-context <source>',
  summary:
    'what to build: local files, or git; by default git, but local files for sample jobs on a server of this machine',
  choices: ['local', 'git', 'default'],
};

/** Older versions took the server as the last argument. */
export const REMOTE_ARGUMENT: ArgumentSpec = {
  name: 'remote-arg',
  isRequired: false,
  summary: 'older form of --remote',
};

/** Older versions took a directory with a manifest instead of a name. */
export const JOB_ARGUMENT: ArgumentSpec = {
  name: 'name',
  isRequired: false,
  summary: 'name of the job, or a directory with its manifest; the current directory by default',
};
