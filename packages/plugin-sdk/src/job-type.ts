import type { NativePlan } from '@racetrack-platform/contracts';
import type { JsonSchema } from './json-schema.ts';

/** One image of a job type, for container targets (the format of Racetrack 2.36 plugins). */
export interface ImageDefinition {
  /** Whose Dockerfile: the plugin's or the job's own. @defaultValue 'jobtype' */
  readonly source?: 'jobtype' | 'job';
  /** Relative to the plugin's folder, or to the job's. */
  readonly dockerfilePath: string;
  /** Rendered with Jinja2 syntax first. @defaultValue true */
  readonly template?: boolean;
  /** A Dockerfile of the plugin's that is built first, for `{{ base_image }}` (deprecated in Racetrack 2.36). */
  readonly baseDockerfilePath?: string | null;
}

/** The part of a manifest that a job type may look at; validated before it gets here. */
export interface JobTypeManifest {
  readonly name: string;
  readonly version: string;
  /** `jobtype_extra`, or its deprecated names; never null. */
  readonly jobtypeExtra: Readonly<Record<string, unknown>>;
  readonly systemDependencies: readonly string[];
}

/** A language or framework that jobs can be written in. */
export interface JobType {
  /** Without a colon, such as `python3`. */
  readonly name: string;
  /** `X.Y.Z[-label]`. */
  readonly version: string;
  readonly images: readonly ImageDefinition[];
  /**
   * What `jobtype_extra` of such a job may hold. A manifest that breaks it is refused before anything is built, naming
   * the fields; only then the plugin's own `validateJobManifest` is asked.
   *
   * @defaultValue anything
   */
  readonly extraSchema?: JsonSchema;
  /**
   * How to prepare and run such a job without containers; absent when that is not possible.
   *
   * @throws PlatformError `MANIFEST_INVALID` for a mistake in `jobtype_extra`.
   */
  planNative?(manifest: JobTypeManifest, signal: AbortSignal): Promise<NativePlan>;
}
