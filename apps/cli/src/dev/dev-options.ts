import { PlatformError } from '@racetrack-platform/errors';
import { resolve } from 'node:path';
import { z } from 'zod';

/** The port of jobs, as their authors know it. */
const DEFAULT_PORT = 7000;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A port; undefined: the usual one, or the next that is free. */
export const portSchema = z.coerce
  .number({ error: 'a port is a number' })
  .int()
  .min(0)
  .max(65_535)
  .optional();

/** Where the front listens. */
export function choosePort(port: number | undefined): { readonly port: number; readonly mayMove: boolean } {
  return port === undefined ? { port: DEFAULT_PORT, mayMove: true } : { port, mayMove: false };
}

/**
 * Reads the variables of the command line.
 *
 * @param texts - `NAME=VALUE`, or `NAME` for a value of our own environment, where no list of processes shows it.
 * @throws PlatformError `USAGE`, never with a value.
 */
export function readVariables(
  texts: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [name = '', ...rest] = text.split('=');
      if (!NAME.test(name)) {
        throw new PlatformError('USAGE', '--env takes NAME=VALUE, and names are letters, digits and _', {
          hint: "Such as --env LOG_LEVEL=DEBUG, or --env API_KEY to take that of this shell's environment.",
        });
      }
      const value = rest.length > 0 ? rest.join('=') : env[name];
      if (value !== undefined) return [name, value];
      throw new PlatformError('USAGE', `--env ${name}: there is no such variable in the environment`, {
        hint: `Export it first, or give its value: --env ${name}=VALUE`,
      });
    }),
  );
}

/** A plugin's folder, absolute. */
export function resolvePlugin(cwd: string, plugin: string | undefined): string | undefined {
  return plugin === undefined ? undefined : resolve(cwd, plugin);
}
