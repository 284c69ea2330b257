/**
 * What a plugin may have to say at certain moments of a job's life, and when people ask it something. Names and moments
 * are those of Racetrack 2.36 (`post_job_deploy` and so on). Each has its own time limit, and fails alone.
 */
export interface PluginHooks {
  /** Variables that every job gets when it is launched. */
  jobRuntimeEnvVars?(): Awaitable<Readonly<Record<string, string>>>;
  /**
   * Refuses a manifest by throwing, before anything is built. Asked only of the plugin that provides the job type.
   *
   * @param jobType - `name:version`, resolved.
   */
  validateJobManifest?(request: {
    readonly manifest: ManifestData;
    readonly jobType: string;
  }): Awaitable<void>;
  /** After a job has become ready. What it throws becomes a warning of the deployment. */
  postJobDeploy?(event: {
    readonly manifest: ManifestData;
    readonly job: JobData;
    /** Empty for a job that runs without containers. */
    readonly imageName: string;
    readonly deployerUsername: string | null;
  }): Awaitable<void>;
  /** After a job was deleted, or has left a target by a move. */
  postJobDelete?(event: { readonly job: JobData; readonly usernameExecutor: string | null }): Awaitable<void>;
  /** What users should know of the plugin, as Markdown. */
  markdownDocs?(): Awaitable<string | null>;
  /**
   * An action that staff run by hand.
   *
   * @param parameters - as they were sent: nothing is checked yet.
   * @returns anything that JSON can say.
   */
  runAction?(parameters: Readonly<Record<string, unknown>>): Awaitable<unknown>;
}

/** A job's manifest, as its author wrote it and the platform has validated it; secrets are not in it. */
export type ManifestData = Readonly<Record<string, unknown>> & {
  readonly name: string;
  readonly version: string;
};

/** A job as the platform knows it: the fields that `GET /api/v1/job/NAME/VERSION` answers. */
export type JobData = Readonly<Record<string, unknown>> & { readonly name: string; readonly version: string };

type Awaitable<T> = T | Promise<T>;
