import { z } from 'zod';
import { permissionSchema } from '../authorization/permission.ts';
import { addressSchema } from './address.ts';

/** One running copy of a job that may receive calls. */
export const routedInstanceSchema = z.object({ id: z.string(), address: addressSchema });
export type RoutedInstance = z.infer<typeof routedInstanceSchema>;

/** One job version as pub needs it. A job that is not routed at all is absent from the feed. */
export const jobRouteSchema = z.object({
  kind: z.literal('job'),
  id: z.string(),
  name: z.string(),
  version: z.string(),
  /** Status as the API shows it, for error bodies and aliases. */
  status: z.string(),
  instances: z.array(routedInstanceSchema),
  /** Approved public endpoints. */
  publicEndpoints: z.array(z.string()),
});
export type JobRoute = z.infer<typeof jobRouteSchema>;

/** A token, known to pub by its SHA-256 only. */
export const tokenRecordSchema = z.object({
  kind: z.literal('token'),
  /** SHA-256 of the token text, hexadecimal; the key of the record. */
  id: z.string(),
  subjectId: z.string(),
  /** Milliseconds since the epoch; `null`: never. */
  expiresAt: z.number().nullable(),
});
export type TokenRecord = z.infer<typeof tokenRecordSchema>;

/** Somebody who can hold tokens and grants. Inactive subjects are absent. */
export const subjectRecordSchema = z.object({
  kind: z.literal('subject'),
  id: z.string(),
  /** `User x`, `ESC x` or `Job family x`: goes into the caller header and into messages. */
  caller: z.string(),
  permissions: z.array(permissionSchema),
});
export type SubjectRecord = z.infer<typeof subjectRecordSchema>;

/** A platform-wide switch that pub obeys. */
export const settingRecordSchema = z.object({
  kind: z.literal('setting'),
  /** `maintenance_mode` or `maintenance_message`. */
  id: z.string(),
  value: z.unknown(),
});
export type SettingRecord = z.infer<typeof settingRecordSchema>;

/** What an alias of a family stands for as long as that version can be called, whatever else is there. */
export const pinRecordSchema = z.object({
  kind: z.literal('pin'),
  /** `FAMILY/PATTERN`. */
  id: z.string(),
  /** Name of the family. */
  family: z.string(),
  /** `latest`, or a wildcard such as `1.x`. */
  pattern: z.string(),
  /** The version that was chosen; it may be unknown, or not routed. */
  jobId: z.string(),
});
export type PinRecord = z.infer<typeof pinRecordSchema>;

export const feedRecordSchema = z.discriminatedUnion('kind', [
  jobRouteSchema,
  tokenRecordSchema,
  subjectRecordSchema,
  settingRecordSchema,
  pinRecordSchema,
]);
export type FeedRecord = z.infer<typeof feedRecordSchema>;
export type FeedKind = FeedRecord['kind'];
