import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

const settingsSchema = z.object({
  /** One directory per instance below it; given by the platform. */
  instancesDir: z.string().optional(),
  /** Where jobs put their sockets; given by the platform. */
  socketsDir: z.string().optional(),
  /** A log that grows beyond this is rotated; one old one is kept. */
  maxLogBytes: z
    .int()
    .positive()
    .default(50 * 1024 * 1024),
  rotateIntervalMs: z.int().positive().default(10_000),
});

/** Settings after defaults. */
export type Settings = z.infer<typeof settingsSchema> & {
  readonly instancesDir: string;
  readonly socketsDir: string;
};

/** @param dataDir - the plugin's own; used where the platform names no other place. */
export function parseSettings(settings: unknown, dataDir: string): Settings {
  const parsed = settingsSchema.parse(settings);
  return {
    ...parsed,
    instancesDir: parsed.instancesDir ?? join(dataDir, 'instances'),
    socketsDir: parsed.socketsDir ?? join(dataDir, 'sockets'),
  };
}

/** What every job finds in its environment unless it brings its own. The plugin's only look at its own environment. */
export function readBaseEnvironment(): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: process.env['LANG'] ?? 'C.UTF-8',
    TMPDIR: tmpdir(),
  };
}
