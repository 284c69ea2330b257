import { z } from 'zod';

/** The manifest of a plugin as Racetrack 2.36 answers it: original clients refuse any further field. */
export const pluginManifestDtoSchema = z.object({
  name: z.string(),
  version: z.string(),
  build_date: z.string().nullable(),
  url: z.string().nullable(),
  priority: z.int(),
  category: z.string().nullable(),
  components: z.array(z.string()),
});
export type PluginManifestDto = z.infer<typeof pluginManifestDtoSchema>;

/** A job type or a target, and how many jobs use it. */
const offeredSchema = z.object({ name: z.string(), active_jobs: z.int() });

/** A plugin with everything that is known of it; ours. */
export const pluginDtoSchema = z.object({
  manifest: pluginManifestDtoSchema,
  /** The versions of Racetrack that it says it works with; null: all. */
  compatible_with: z.string().nullable(),
  /** `bundled`: comes with the platform; `folder`: named at its start; `installed`: somebody installed it. */
  origin: z.enum(['bundled', 'folder', 'installed']),
  /** `javascript` also stands for TypeScript; null: not known. */
  language: z.enum(['javascript', 'python']).nullable(),
  /** SHA-256 of its ZIP, in hexadecimal; null for what was not installed from one. */
  digest: z.string().nullable(),
  /** Bytes of its ZIP. */
  size: z.int().nullable(),
  /** Stays as it is when the platform is upgraded. */
  is_pinned: z.boolean(),
  /** Name of the platform's own target that answers in its place: none of its code runs. */
  stand_in: z.string().nullable(),
  /** Why it, or a part of it, cannot be used; null: all is well. */
  error: z.string().nullable(),
  /** In full, such as `python3:2.15.1`. */
  job_types: z.array(offeredSchema),
  targets: z.array(offeredSchema),
  /** Names of the hooks that it has. */
  hooks: z.array(z.string()),
  /** Whether `GET /plugin/NAME/docs` has something to read. */
  has_docs: z.boolean(),
  /** JSON Schema of its configuration; null: it has none. */
  settings_schema: z.record(z.string(), z.unknown()).nullable(),
  installed_by: z.string().nullable(),
  /** Seconds since the epoch. */
  installed_at: z.int().nullable(),
});
export type PluginDto = z.infer<typeof pluginDtoSchema>;

/** `GET /plugin/tree`, as in Racetrack 2.36. */
export const pluginTreeDtoSchema = z.object({
  plugins: z.array(pluginManifestDtoSchema),
  job_type_plugins_data: z.array(
    z.object({ name: z.string(), version: z.string(), job_types: z.array(offeredSchema) }),
  ),
  infrastructure_plugins_data: z.array(
    z.object({ name: z.string(), version: z.string(), infrastructures: z.array(offeredSchema) }),
  ),
});
export type PluginTreeDto = z.infer<typeof pluginTreeDtoSchema>;

/** Characters of a configuration. */
const MAX_CONFIG_LENGTH = 256 * 1024;

/** `PUT /plugin/NAME/VERSION/config`. */
export const pluginConfigPayloadSchema = z.object({ config_data: z.string().max(MAX_CONFIG_LENGTH) });

/** `POST /plugins/install`; ours. */
export const installPluginPayloadSchema = z.object({
  /** Address of a ZIP, `github.com/OWNER/REPO`, the same with `==VERSION`, or `bundled:NAME`. */
  uri: z.string().min(1).max(2_000),
  /** Whether all other versions of the plugin go. */
  replace: z.boolean().default(false),
});
