import { ERROR_CODES, toPlatformError } from '@racetrack-platform/errors';
import { administer } from './administer.ts';

/*
 * What the server's commands about users and keys run, as `administration.ts VERB ARGUMENTS`: a process of its own that
 * opens the store directly. It ends with the command that started it.
 */
const end = (): never => process.exit(1);
process.once('disconnect', end);
try {
  await administer(process.argv.slice(2), process.env, (text) => void process.stdout.write(text));
} catch (error) {
  const failure = toPlatformError(error);
  const { exitCode } = ERROR_CODES[failure.code];
  process.send?.({ type: 'fatal', message: failure.message, hint: failure.hint, exitCode });
  process.exitCode = exitCode;
}
process.off('disconnect', end);
process.disconnect?.();
