import type { CommandSpec } from '../command/command-spec.ts';
import { BUILD_CONTEXT_OPTION, EXTRA_VARS_OPTION, REMOTE_OPTION } from './shared-options.ts';

const load: CommandSpec['load'] = async () => (await import('./not-offered.ts')).notOfferedCommand;

const WORKDIR_ARGUMENT = {
  name: 'workdir',
  isRequired: false,
  summary: 'directory; the current one by default',
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
];
