import { join } from 'node:path';
import { z } from 'zod';

const MEBIBYTE = 1024 * 1024;
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const settingsSchema = z.object({
  /** One directory per instance below it; given by the platform. */
  instancesDir: z.string().optional(),
  /** Where jobs put their sockets; given by the platform. */
  socketsDir: z.string().optional(),
  /** One directory per job family below it, for data that outlives instances; given by the platform. */
  jobDataDir: z.string().optional(),
  /** Everything that is the platform's: out of sight for jobs, but for what is theirs; given by the platform. */
  platformDir: z.string().optional(),
  /** A log that grows beyond this is rotated; one old one is kept. */
  maxLogBytes: z
    .int()
    .positive()
    .default(50 * MEBIBYTE),
  /** How often logs are looked at; one that grows fast, ten times as often. */
  rotateIntervalMs: z.int().positive().default(500),
  /**
   * What keeps jobs apart: with `account` each runs as a user of its own and, where this machine has namespaces, sees
   * little of it. With `off` they run as the platform's user.
   */
  isolation: z.enum(['account', 'off']).default('off'),
  /** `off`: as if this machine had no bubblewrap. */
  namespaces: z.enum(['auto', 'off']).default('auto'),
  /** `off`: as if this machine had no control groups. */
  cgroups: z.enum(['auto', 'off']).default('auto'),
  /** Bytes that an instance may have in its home, its family's data, its temporary files and beside its socket, deleted ones included; `null`: no limit. */
  diskLimitBytes: z.int().positive().nullable().default(null),
  /** How often memory and disks are measured where the kernel does not hold the limit. */
  watchIntervalMs: z.int().positive().default(2_000),
});

/** Settings after defaults. */
export type Settings = z.infer<typeof settingsSchema> & {
  readonly instancesDir: string;
  readonly socketsDir: string;
  readonly jobDataDir: string;
};

/** @param dataDir - the plugin's own; used where the platform names no other place. */
export function parseSettings(settings: unknown, dataDir: string): Settings {
  const parsed = settingsSchema.parse(settings);
  return {
    ...parsed,
    instancesDir: parsed.instancesDir ?? join(dataDir, 'instances'),
    socketsDir: parsed.socketsDir ?? join(dataDir, 'sockets'),
    jobDataDir: parsed.jobDataDir ?? join(dataDir, 'job-data'),
  };
}

/** What every job finds in its environment unless it brings its own. The plugin's only look at its own environment. */
export function readBaseEnvironment(): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? SYSTEM_PATH,
    LANG: process.env['LANG'] ?? 'C.UTF-8',
  };
}
