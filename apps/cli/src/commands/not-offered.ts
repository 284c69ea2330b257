import { PlatformError } from '@racetrack-platform/errors';
import { defineCommand } from '../command/define-command.ts';

/** Stands for commands that come with a later version. */
export const notOfferedCommand = defineCommand<unknown, never>({
  input: { parse: (raw) => raw },
  run: () => {
    throw new PlatformError('NOT_SUPPORTED', 'this command comes with a later version', {
      hint: 'Run racetrack --help to see what this version offers.',
    });
  },
  render: () => '',
});
