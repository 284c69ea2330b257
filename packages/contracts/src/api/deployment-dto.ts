import { z } from 'zod';
import { jobDtoSchema } from './job-dto.ts';

/** The phases of design section 2, in order. */
export const DEPLOYMENT_PHASES = [
  'accepted',
  'source',
  'build',
  'launch',
  'ready',
  'published',
  'done',
] as const;
export type DeploymentPhase = (typeof DEPLOYMENT_PHASES)[number];

/** What a deployment is for; `build`: to prepare, and run nothing. */
export const DEPLOYMENT_KINDS = ['deploy', 'redeploy', 'reprovision', 'move', 'build'] as const;
export type DeploymentKind = (typeof DEPLOYMENT_KINDS)[number];

export const deploymentStatusSchema = z.enum(['in_progress', 'done', 'failed']);
export type DeploymentStatus = z.infer<typeof deploymentStatusSchema>;

/**
 * A deployment as the API shows it. The fields of Racetrack 2.36 first; `job` is left out, never null, when there
 * is none to show (the original client crashes on null).
 */
export const deploymentDtoSchema = z.object({
  id: z.string(),
  status: deploymentStatusSchema,
  create_time: z.int(),
  update_time: z.int(),
  error: z.string().nullable(),
  job: jobDtoSchema.optional(),
  deployed_by: z.string().nullable(),
  /** The phase in the words that users of Racetrack 2.36 see, such as `building image`. */
  phase: z.string().nullable(),
  image_name: z.string().nullable(),
  infrastructure_target: z.string().nullable(),
  manifest_yaml: z.string(),
  job_name: z.string(),
  job_version: z.string(),
  warnings: z.string().nullable(),
  /** Ours: the step of the state machine. */
  step: z.enum(DEPLOYMENT_PHASES),
  /** Ours: code and hint that belong to `error`. */
  error_code: z.string().nullable(),
  hint: z.string().nullable(),
  /** Ours: the commit that was built, once known. */
  commit: z.string().nullable(),
  /** Ours: what was asked for. */
  kind: z.enum(DEPLOYMENT_KINDS),
  /** Ours: of a move, where the job ran before. */
  previous_target: z.string().nullable(),
});
export type DeploymentDto = z.infer<typeof deploymentDtoSchema>;

const stringMap = z.record(z.string(), z.string());

/** Body of `POST /api/v1/deploy`; unknown keys are ignored as in the original. */
export const deployPayloadSchema = z.object({
  manifest: z.record(z.string(), z.unknown()),
  git_credentials: z.object({ username: z.string(), password: z.string() }).nullish(),
  secret_vars: z.object({ build_env: stringMap.nullish(), runtime_env: stringMap.nullish() }).nullish(),
  /** Base64 of a tar.gz whose root is the job's directory. */
  build_context: z.string().nullish(),
  force: z.boolean().nullish(),
  build_flags: z.array(z.string()).nullish(),
});
export type DeployPayload = z.input<typeof deployPayloadSchema>;

export const deploymentRequestedDtoSchema = z.object({ id: z.string() });
export type DeploymentRequestedDto = z.infer<typeof deploymentRequestedDtoSchema>;

/** Body of `POST /api/v1/job/{name}/{version}/move`. */
export const movePayloadSchema = z.object({ infrastructure_target: z.string().max(200).nullish() });

/** Query of redeploy, reprovision and move (ours): `wait=false` answers at once with the deployment's id. */
export const renewalQuerySchema = z.object({ wait: z.enum(['true', 'false']).default('true') });

/** What those answer: null when it is done, as Racetrack 2.36 does, or the id. */
export const renewalAnswerSchema = deploymentRequestedDtoSchema.nullable();

/** Body of `PUT /api/v1/deploy/{id}/phase`. */
export const phasePayloadSchema = z.object({ phase: z.string().max(1_000) });

/** Body of `PUT /api/v1/deploy/{id}/warnings`. */
export const warningsPayloadSchema = z.object({ warnings: z.string().max(10_000) });

/** One slice of a build log, for following it live: `GET /api/v1/deploy/{id}/build-logs?offset=N` (ours). */
export const buildLogSliceDtoSchema = z.object({
  /** Text from `offset` on. */
  logs: z.string(),
  /** Where to go on: the number of characters so far. */
  next_offset: z.int(),
  /** True when nothing more will come. */
  complete: z.boolean(),
});
export type BuildLogSliceDto = z.infer<typeof buildLogSliceDtoSchema>;
