import { PlatformError } from '@racetrack-platform/errors';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { Io } from './io.ts';

/** What a token may look like: it becomes a header value (RFC 9110, 5.5). */
export const TOKEN_PATTERN = /^[\u0021-\u007e]+$/;

/** What the environment says. */
export interface CliSettings {
  /** RACETRACK_REMOTE: URL or alias of the server, below `--remote`, above the configuration file. */
  readonly remote: string | undefined;
  /** RACETRACK_TOKEN: used instead of the stored token. */
  readonly token: string | undefined;
  /** RACETRACK_CONFIG: path of the configuration file; `~/.racetrack/config.yaml` by default. */
  readonly configPath: string;
}

const optionalText = z
  .string()
  .trim()
  .optional()
  .transform((text) => (text === '' ? undefined : text));

const environmentSchema = z.object({
  RACETRACK_REMOTE: optionalText,
  RACETRACK_TOKEN: optionalText.refine((token) => token === undefined || TOKEN_PATTERN.test(token), {
    message: 'not a token: it contains characters that cannot be sent',
  }),
  RACETRACK_CONFIG: optionalText,
});

/**
 * Parses the environment.
 *
 * @throws {@link PlatformError} `CONFIG_INVALID`, listing every problem.
 */
export function parseSettings(io: Pick<Io, 'env' | 'cwd' | 'home'>): CliSettings {
  const result = environmentSchema.safeParse(io.env);
  if (!result.success) throw new PlatformError('CONFIG_INVALID', z.prettifyError(result.error));
  const { RACETRACK_REMOTE, RACETRACK_TOKEN, RACETRACK_CONFIG } = result.data;
  return {
    remote: RACETRACK_REMOTE,
    token: RACETRACK_TOKEN,
    configPath:
      RACETRACK_CONFIG === undefined
        ? resolve(io.home, '.racetrack', 'config.yaml')
        : resolve(io.cwd, RACETRACK_CONFIG),
  };
}
