import {
  deploymentDtoSchema,
  explanationDtoSchema,
  infoDtoSchema,
  jobDtoSchema,
  permissionDtoSchema,
  pluginDtoSchema,
  pluginManifestDtoSchema,
  userProfileDtoSchema,
} from '@racetrack-platform/contracts';
import { z } from 'zod';

/*
 * What the client reads of an answer. Only what it cannot work without is required, and states stay plain text: older
 * and newer servers, and the original one, answer with fewer or more fields.
 */

/** `GET /info`. */
export const infoAnswerSchema = infoDtoSchema.partial().extend({ auth_required: z.boolean() });
export type InfoAnswer = z.infer<typeof infoAnswerSchema>;

/** The account behind a token or a password. */
export const accountAnswerSchema = userProfileDtoSchema.partial().extend({ username: z.string() });
export type AccountAnswer = z.infer<typeof accountAnswerSchema>;

/** A job; unknown fields are kept, so that `--output json` shows all that the server said. */
export const jobAnswerSchema = jobDtoSchema
  .partial()
  .extend({
    name: z.string(),
    version: z.string(),
    status: z.string(),
    job_type_version: z.string().nullish(),
    infrastructure_target: z.string().nullish(),
  })
  .loose();
export type JobAnswer = z.infer<typeof jobAnswerSchema>;

/** A deployment; `step`, `error_code`, `hint` and `commit` are missing on servers of the original. */
export const deploymentAnswerSchema = deploymentDtoSchema
  .partial()
  .extend({
    /** Compared in lower case, as the original client does. */
    status: z.string().toLowerCase(),
    job: z.looseObject({ pub_url: z.string().nullish(), notice: z.string().nullish() }).nullish(),
    step: z.string().nullish(),
  })
  .loose();
export type DeploymentAnswer = z.infer<typeof deploymentAnswerSchema>;

/** A permission; scopes stay plain text. */
export const permissionAnswerSchema = permissionDtoSchema.extend({ scope: z.string() }).loose();
export type PermissionAnswer = z.infer<typeof permissionAnswerSchema>;

/** Why something is allowed or not. */
export const explanationAnswerSchema = explanationDtoSchema
  .extend({
    scope: z.string(),
    rule: z.string(),
    grant: permissionAnswerSchema.nullable(),
    missing: z.looseObject({}).nullable(),
  })
  .loose();
export type ExplanationAnswer = z.infer<typeof explanationAnswerSchema>;

/** Who a plugin is. */
export const pluginManifestAnswerSchema = pluginManifestDtoSchema
  .partial()
  .extend({ name: z.string(), version: z.string() })
  .loose();
export type PluginManifestAnswer = z.infer<typeof pluginManifestAnswerSchema>;

/** A plugin with everything that is known of it. */
export const pluginAnswerSchema = pluginDtoSchema
  .partial()
  .extend({ manifest: pluginManifestAnswerSchema, origin: z.string().optional() })
  .loose();
export type PluginAnswer = z.infer<typeof pluginAnswerSchema>;
