import type { CommandSpec } from '../command/command-spec.ts';
import { ACCOUNT_COMMANDS } from './account-commands.ts';
import { ADMIN_COMMANDS } from './admin-commands.ts';
import { JOB_COMMANDS } from './job-commands.ts';
import { OPERATION_COMMANDS } from './operation-commands.ts';
import { PLUGIN_COMMANDS } from './plugin-commands.ts';
import { SETTING_COMMANDS } from './setting-commands.ts';

/** Every command, in the order of the help text. */
export const COMMANDS: readonly CommandSpec[] = [
  ...JOB_COMMANDS,
  ...SETTING_COMMANDS,
  ...ADMIN_COMMANDS,
  ...OPERATION_COMMANDS,
  ...ACCOUNT_COMMANDS,
  ...PLUGIN_COMMANDS,
];
