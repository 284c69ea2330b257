import { z } from 'zod';
import { QUANTITY } from '../quantities/parse-quantity.ts';
import { MAX_VERSION_LENGTH, STRICT_VERSION } from '../versions/strict-version.ts';
import * as patterns from './patterns.ts';

/** Most replicas of one job (Racetrack 2.36). */
export const MAX_REPLICAS = 50;

const settings = z.record(z.string(), z.unknown());
const line = z
  .string()
  .min(1)
  .refine((text) => !patterns.hasControlCharacters(text));
const packages = z.array(z.string().regex(patterns.SYSTEM_PACKAGE)).max(500);
const endpoints = z.array(z.string().max(500).regex(patterns.ENDPOINT)).max(500);

/** Maps of environment variables. Names are checked by the rules, so that each bad one gets its own sentence. */
const variables = z
  .record(
    z.string(),
    z.string().refine((value) => !value.includes('\0')),
  )
  .meta({ propertyNames: { pattern: patterns.VARIABLE_NAME.source } });

const quantity = z
  .union([z.string().regex(QUANTITY), z.number().nonnegative()])
  .transform(String)
  .pipe(z.string().regex(QUANTITY));

/** A field that may be left out or be null. */
function optional<T extends z.ZodType>(schema: T, meta: z.GlobalMeta) {
  return schema.nullable().default(null).meta(meta);
}

const gitSchema = z.strictObject({
  remote: line
    .max(2000)
    .regex(patterns.GIT_REMOTE)
    .refine(patterns.isGitRemote)
    .meta({
      description:
        'Address of the repository: https://…. Servers that allow it also take file:///… and absolute paths.',
      examples: ['https://github.com/acme/jobs'],
    }),
  branch: optional(line.max(250).regex(patterns.GIT_BRANCH), {
    description: 'Branch, tag or commit to build. Without it, the default branch of the repository.',
    examples: ['main'],
  }),
  directory: line
    .max(1000)
    .refine(patterns.staysInside)
    .default('.')
    .meta({
      description: 'Directory of the job, relative to the root of the repository.',
      examples: ['jobs/adder'],
    }),
});

const resourcesSchema = z.strictObject({
  memory_min: optional(quantity, {
    description: 'Memory set aside for the job, in bytes or with a suffix.',
    examples: ['256Mi'],
  }),
  memory_max: optional(quantity, {
    description: 'Memory that the job must not exceed, in bytes or with a suffix.',
    examples: ['1Gi'],
  }),
  cpu_min: optional(quantity, {
    description: 'Processor cores set aside for the job; 10m is a hundredth of a core.',
    examples: ['10m'],
  }),
  cpu_max: optional(quantity, {
    description: 'Processor cores that the job may use at most; 1000m is one core.',
    examples: ['1000m'],
  }),
});

/** The manifest on the wire: the shape, without the rules that span several fields. */
export const manifestSchema = z.strictObject({
  name: z
    .string()
    .regex(patterns.JOB_NAME)
    .meta({
      description: 'Name of the job: at most 63 letters, digits, - and _, the first a letter or digit.',
      examples: ['adder'],
    }),
  owner_email: z
    .string()
    .max(500)
    .regex(patterns.EMAIL)
    .meta({
      description: 'E-mail address of the person or team that answers for the job.',
      examples: ['me@example.com'],
    }),
  git: gitSchema.meta({ description: 'Where the source code of the job is.' }),
  version: z
    .string()
    .max(MAX_VERSION_LENGTH)
    .regex(STRICT_VERSION)
    .default('0.0.1')
    .meta({
      description: 'Version of the job, by semantic versioning: X.Y.Z, X.Y.Z-label or X.Y.Z+build.',
      examples: ['1.2.0'],
    }),
  jobtype: optional(z.string().max(250).regex(patterns.JOB_TYPE), {
    description:
      'Job type and its version: name:version, name:latest, or a pattern such as python3:2.6.* ("*" for any characters).',
    examples: ['python3:latest'],
  }),
  lang: optional(z.string().max(250).regex(patterns.JOB_TYPE), {
    description: 'Old name of jobtype.',
    deprecated: true,
  }),
  extends: optional(line.max(1000), {
    description: 'Relative path of a base manifest; the fields here are laid over its fields.',
    examples: ['../base.yaml'],
  }),
  image_type: z
    .literal('docker')
    .default('docker')
    .meta({ description: 'Kind of image; only docker exists.' }),
  infrastructure_target: optional(line.max(250), {
    description: 'Infrastructure target to run on. Without it, the one that the server prefers.',
    examples: ['process'],
  }),
  system_dependencies: optional(packages, {
    description: 'Packages of the operating system that the job needs.',
    examples: [['libgomp1']],
  }),
  build_env: optional(variables, {
    description: 'Environment variables while the job is built. Values are texts; do not put secrets here.',
    examples: [{ CGO_ENABLED: '0' }],
  }),
  runtime_env: optional(variables, {
    description: 'Environment variables of the running job. Values are texts; do not put secrets here.',
    examples: [{ LOG_LEVEL: 'debug' }],
  }),
  secret_build_env_file: optional(line.max(1000), {
    description: 'File with secret variables for the build, beside the manifest and outside of git.',
    examples: ['.secrets/build.env'],
  }),
  secret_runtime_env_file: optional(line.max(1000), {
    description: 'File with secret variables for the running job, beside the manifest and outside of git.',
    examples: ['.secrets/runtime.env'],
  }),
  labels: optional(settings, {
    description: 'Words about the job for people and tools; the platform only shows them.',
    examples: [{ team: 'search' }],
  }),
  public_endpoints: optional(endpoints, {
    description: 'Paths that anybody may call without a token, once an administrator has agreed.',
    examples: [['/api/v1/perform']],
  }),
  replicas: z
    .int()
    .min(1)
    .max(MAX_REPLICAS)
    .default(1)
    .meta({
      description: 'Number of instances that run at the same time.',
      examples: [2],
    }),
  resources: optional(resourcesSchema, { description: 'Memory and processor time.' }),
  jobtype_extra: optional(settings, {
    description: 'Settings of the job type, such as entrypoint_path and requirements_path for python3.',
    examples: [{ entrypoint_path: 'entrypoint.py' }],
  }),
  python: optional(settings, { description: 'Old name of jobtype_extra.', deprecated: true }),
  golang: optional(settings, { description: 'Old name of jobtype_extra.', deprecated: true }),
  wrapper_properties: optional(settings, { description: 'Old name of jobtype_extra.', deprecated: true }),
  docker: optional(z.looseObject({ dockerfile_path: z.string().optional() }), {
    description: 'No longer used; write the settings under jobtype_extra.',
    deprecated: true,
  }),
});

/** A manifest with defaults filled in, as it travels: every field present, unset ones null. */
export type Manifest = z.output<typeof manifestSchema>;

/** The known fields, by the section that they stand in; the empty text is the top level. */
export const KNOWN_FIELDS: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(manifestSchema.shape),
  git: Object.keys(gitSchema.shape),
  resources: Object.keys(resourcesSchema.shape),
};
