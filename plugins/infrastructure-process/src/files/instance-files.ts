import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { addressSchema } from '@racetrack-platform/contracts/processes';
import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';

/** What is wanted; written before anything is started. Holds no secrets: no environment, no arguments. */
const instanceRecordSchema = z.object({
  instanceId: z.string(),
  job: z.object({ name: z.string(), version: z.string() }),
  deploymentTimestamp: z.number(),
  address: addressSchema,
  sourceDir: z.string(),
  environmentDir: z.string(),
  /** How it was started. Absent in records of before there was anything to tell. */
  confinement: z
    .object({
      /** The user that it runs as; `null`: the platform's own. */
      account: z.object({ uid: z.int(), gid: z.int() }).nullable(),
      /** Whether it has a view of the machine, and processes, of its own. */
      isNamespaced: z.boolean(),
      memoryMaxBytes: z.number().nullable(),
    })
    .optional(),
});
export type InstanceRecord = z.infer<typeof instanceRecordSchema>;

/** Which process is the instance's shim; written after it was spawned and before it starts the job. */
const processRecordSchema = z.object({
  instanceId: z.string(),
  pid: z.int().positive(),
  /** As the system tells it; together with pid and boot id it names one process for ever. */
  startTime: z.string(),
  bootId: z.string(),
  /** Milliseconds since the epoch. */
  startedAt: z.number(),
});
export type ProcessRecord = z.infer<typeof processRecordSchema>;

/** How the job ended; written by the shim. */
const exitRecordSchema = z.object({
  /** As a shell tells it: 128 and the signal's number for a killed process. */
  code: z.int(),
});
export type ExitRecord = z.infer<typeof exitRecordSchema>;

/** Why the platform ended the job, or why the kernel did; counts more than what the shim saw of it. */
const endRecordSchema = z.object({
  cause: z.enum(['memory', 'disk', 'socket']),
  /** For people: `exceeded its memory limit of 256 MiB`. */
  reason: z.string(),
});
export type EndRecord = z.infer<typeof endRecordSchema>;

/** Paths of one instance's files. */
export interface InstanceFiles {
  readonly dir: string;
  readonly instance: string;
  readonly process: string;
  readonly exit: string;
  readonly end: string;
  readonly log: string;
  /** The part of the log before the last rotation. */
  readonly oldLog: string;
  /** The job's home directory. */
  readonly home: string;
  /** Its temporary files. */
  readonly tmp: string;
}

const INSTANCE_ID = /^[a-z0-9-]{1,40}$/;

/** @throws PlatformError `BAD_REQUEST` for an id that could leave the directory. */
export function getInstanceFiles(instancesDir: string, instanceId: string): InstanceFiles {
  if (!INSTANCE_ID.test(instanceId)) {
    throw new PlatformError('BAD_REQUEST', `${JSON.stringify(instanceId)} is not an instance id`, {
      hint: 'Use 1 to 40 lower-case letters, digits and hyphens.',
    });
  }
  const dir = join(instancesDir, instanceId);
  return {
    dir,
    instance: join(dir, 'instance.json'),
    process: join(dir, 'process.json'),
    exit: join(dir, 'exit.json'),
    end: join(dir, 'end.json'),
    log: join(dir, 'log'),
    oldLog: join(dir, 'log.1'),
    home: join(dir, 'home'),
    tmp: join(dir, 'tmp'),
  };
}

/** Ids of all instances that have a directory, also of those that never got further. */
export function listInstanceIds(instancesDir: string): string[] {
  if (!existsSync(instancesDir)) return [];
  return readdirSync(instancesDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && INSTANCE_ID.test(entry.name))
    .map((entry) => entry.name);
}

export function findInstanceRecord(files: InstanceFiles): InstanceRecord | undefined {
  return readRecord(files.instance, instanceRecordSchema);
}

export function findProcessRecord(files: InstanceFiles): ProcessRecord | undefined {
  return readRecord(files.process, processRecordSchema);
}

export function findExitRecord(files: InstanceFiles): ExitRecord | undefined {
  return readRecord(files.exit, exitRecordSchema);
}

export function findEndRecord(files: InstanceFiles): EndRecord | undefined {
  return readRecord(files.end, endRecordSchema);
}

/** Milliseconds since the epoch; `undefined` when there is no such file. */
export function findModificationTime(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

/** Synchronous: some microseconds each, and a pass over a thousand instances costs a tenth of the asynchronous one. */
function readRecord<T>(path: string, schema: z.ZodType<T>): T | undefined {
  try {
    const parsed = schema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    // Absent, or damaged: for the caller the same, since either way nothing in it can be relied on.
    return undefined;
  }
}
