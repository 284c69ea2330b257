import { destination, pino, stdSerializers, type DestinationStream, type Level, type Logger } from 'pino';
import { scrub } from '@racetrack-platform/errors';

/** Where secrets usually sit in what gets logged; a last line of defence, for nothing of the kind is logged on purpose. */
const SECRET_NAMES = [
  'password',
  'old_password',
  'new_password',
  'token',
  'authKey',
  'secretsKey',
  'sealed',
  'git_credentials',
  'secret_vars',
  'cookie',
  'set-cookie',
  'authorization',
  'x-racetrack-auth',
  'x-racetrack-user-auth',
  'x-racetrack-esc-auth',
] as const;

/** Nesting depths at which the names are looked for. */
const SECRET_PATHS = SECRET_NAMES.flatMap((name) => [
  `["${name}"]`,
  `*["${name}"]`,
  `*.*["${name}"]`,
  `*.*.*["${name}"]`,
]);

/**
 * A logger of JSON lines, on stderr unless told otherwise. Fields with the names of secrets read `[redacted]`;
 * tokens and credentials in error texts are scrubbed.
 *
 * @param options - `level`: the least that is written; `stream`: where to, for tests.
 */
export function createLogger(options: {
  level: Level | 'silent';
  name: string;
  stream?: DestinationStream;
}): Logger {
  const { level, name, stream = destination({ dest: 2, sync: true }) } = options;
  return pino(
    {
      level,
      name,
      base: { pid: process.pid },
      redact: { paths: SECRET_PATHS, censor: '[redacted]' },
      serializers: { err: serializeError, error: serializeError },
    },
    stream,
  );
}

function serializeError(error: Error): unknown {
  const fields = stdSerializers.err(error);
  if (!(error instanceof Error)) return fields;
  return { ...fields, message: scrub(fields.message), stack: scrub(fields.stack) };
}
