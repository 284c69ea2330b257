import { ERROR_CODES, toPlatformError } from '@racetrack-platform/errors';
import { showInvisible } from '../terminal/show-invisible.ts';
import { runImport } from './run-import.ts';

/** `npm start -- import-original` runs this: what it takes comes by the environment, which other users cannot read. */
try {
  process.stdout.write(await runImport(process.env, Date.now()));
} catch (error) {
  const failure = toPlatformError(error);
  process.stderr.write(
    `racetrack: ${showInvisible(failure.message)}\n${failure.hint === undefined ? '' : `  ${failure.hint}\n`}`,
  );
  process.exitCode = ERROR_CODES[failure.code].exitCode;
}
