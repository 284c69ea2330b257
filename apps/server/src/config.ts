import path from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import { SETTINGS, type SettingKey } from './settings.ts';

/** The processes that the launcher can run. */
export const ROLES = ['pub', 'control'] as const;
export type Role = (typeof ROLES)[number];

/** What the command line gave: texts of options, `true` for a switch that was set. */
export type Flags = Partial<Record<SettingKey, string | boolean>>;

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|\[::1\]|localhost)$/;
const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

const port = z.coerce
  .number('must be a number')
  .int('must be a whole number')
  .min(0, 'must not be negative')
  .max(65_535, 'must be at most 65535');

const switchSetting = z.union([z.boolean(), z.stringbool('must be true or false')]).default(false);

const configSchema = z.object({
  dataDir: z
    .string()
    .default('./.racetrack')
    .transform((folder) => path.resolve(folder)),
  host: z.string().default('127.0.0.1'),
  lifecyclePort: port.default(7002),
  dashboardPort: port.default(7003),
  pubPort: port.default(7005),
  roles: z
    .string()
    .default(ROLES.join(','))
    .transform(splitList)
    .pipe(z.array(z.enum(ROLES, `must be of ${ROLES.join(', ')}, separated by commas`)).min(1)),
  keepJobs: switchSetting,
  tutorial: switchSetting,
  externalPubUrl: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).optional(),
  logLevel: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).default('info'),
  isolation: z.enum(['auto', 'off'], 'must be auto or off').default('auto'),
  logFormat: z.enum(['text', 'json'], 'must be text or json').default('text'),
  /** Folders. */
  plugin: z
    .string()
    .default('')
    .transform(splitList)
    .refine((folders) => folders.every((folder) => path.isAbsolute(folder)), 'must be absolute paths'),
});

/** What the launcher was told, with defaults filled in; `dataDir` is absolute. */
export type LauncherConfig = z.infer<typeof configSchema>;

/**
 * Reads the settings; a flag wins over its environment variable, an empty variable counts as absent.
 *
 * @param flags - from the command line.
 * @param env - the environment of the process.
 * @returns the settings.
 * @throws {@link PlatformError} `CONFIG_INVALID`, naming every setting that cannot be used, by flag and variable.
 */
export function loadConfig(flags: Flags, env: Readonly<Record<string, string | undefined>>): LauncherConfig {
  const given = SETTINGS.map(({ key, env: name }) => [key, flags[key] ?? (env[name] || undefined)]);
  const result = configSchema.safeParse(Object.fromEntries(given));
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${nameSetting(issue.path[0])} ${issue.message}`);
    throw new PlatformError('CONFIG_INVALID', problems.join('; '), {
      hint: 'See npm start -- --help.',
    });
  }
  const config = result.data;
  if (config.tutorial && !LOOPBACK.test(config.host)) {
    throw new PlatformError(
      'CONFIG_INVALID',
      `--tutorial opens the server to anyone who can reach it, so it is refused on ${config.host}`,
      { hint: 'Leave out --host, or start without --tutorial.' },
    );
  }
  refuseSamePorts(config);
  return config;
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function refuseSamePorts(config: LauncherConfig): void {
  const keys = ['lifecyclePort', 'dashboardPort', 'pubPort'] as const;
  for (const [index, key] of keys.entries()) {
    const same = keys.slice(0, index).find((other) => config[other] !== 0 && config[other] === config[key]);
    if (same === undefined) continue;
    throw new PlatformError(
      'CONFIG_INVALID',
      `${nameSetting(same)} and ${nameSetting(key)} are both ${config[key]}`,
      { hint: 'Give each a port of its own; 0 is any free one.' },
    );
  }
}

/** Names a setting as users know it: its flag and its variable. */
export function nameSetting(key: PropertyKey | undefined): string {
  const setting = SETTINGS.find((candidate) => candidate.key === key);
  if (setting === undefined) return String(key);
  return setting.flag === undefined ? setting.env : `--${setting.flag.split(' ')[0]} (${setting.env})`;
}
