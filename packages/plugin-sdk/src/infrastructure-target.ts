import type { Address, RunSpec } from '@racetrack-platform/contracts';

/** How every message, log line and route names a job. */
export interface JobRef {
  readonly name: string;
  readonly version: string;
}

/** What was built, for a target that runs prepared directories. */
export interface NativeArtifact {
  readonly kind: 'native';
  /** Absolute path of the job's prepared source; read-only. */
  readonly sourceDir: string;
  /** Absolute path of its dependencies; read-only. */
  readonly environmentDir: string;
  /** Absolute path of the job type's plugin, for its wrapper. */
  readonly pluginDir: string;
  readonly run: RunSpec;
}

/** Everything needed to start one instance; the same request may come again after a crash. */
export interface LaunchRequest {
  /** Identity of the instance: lower-case letters, digits and `-`, at most 40 characters. */
  readonly instanceId: string;
  readonly job: JobRef;
  /** Whole seconds; the instance reports it from `/live` (env `JOB_DEPLOYMENT_TIMESTAMP`). */
  readonly deploymentTimestamp: number;
  readonly artifact: NativeArtifact;
  /** Complete environment of the job's own process, secrets included: never in argv, files or logs. */
  readonly env: Readonly<Record<string, string>>;
  readonly resources: {
    /** `null`: no limit. */
    readonly memoryMaxBytes: number | null;
    readonly cpuMaxMillicores: number | null;
  };
  /**
   * Numbers of a user and a group that are this job's alone, for a target of scope `host` that runs jobs as processes.
   * `null`: the platform keeps none for it, and the job runs as the platform's own user.
   */
  readonly account: JobAccount | null;
}

/** Numbers only: such a user has no name, no password and no home of its own. */
export interface JobAccount {
  readonly uid: number;
  readonly gid: number;
}

export interface LaunchResult {
  readonly address: Address;
  /** What was asked for and cannot be had on this machine, for the author of the job. */
  readonly warnings?: readonly string[] | undefined;
}

/** One instance as the target sees it now. */
export interface ObservedInstance {
  readonly instanceId: string;
  readonly state: 'running' | 'exited';
  readonly address: Address;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Set when `exited` and known. */
  readonly exitCode: number | null;
  /** Why it ended, for people: `killed by SIGKILL`, `exceeded its memory limit`. */
  readonly reason: string | null;
  /**
   * What it was launched as, when the target keeps that beside it: with this, an instance that the platform has no
   * record of any more can be told and taken back. Left out: the target cannot say.
   */
  readonly launchedAs?: { readonly job: JobRef; readonly deploymentTimestamp: number } | undefined;
}

export interface InstanceStats {
  readonly instanceId: string;
  readonly memoryBytes: number | null;
  /** Seconds of processor time since the start. */
  readonly cpuSeconds: number | null;
}

/**
 * Somewhere instances of jobs can run. Targets know instances, not jobs. Every method is idempotent, so that the
 * reconciler may repeat it after a crash of either side (design D7).
 */
export interface InfrastructureTarget {
  /** The word users write as `infrastructure_target`. */
  readonly name: string;
  /** Which half of a job type it needs (design D6). */
  readonly runs: 'native' | 'container';
  /** Whether its instances live on the machine that launches them, or somewhere that every machine reaches. */
  readonly scope: 'host' | 'shared';
  /**
   * Starts an instance. Resolves once the target accepted it, not once it is ready. When that instance is already
   * running, answers its address and does nothing, also when two calls come at once; when it has exited, starts it
   * again.
   *
   * @throws PlatformError `LAUNCH_FAILED`; never with a value of `env` in the text.
   */
  launch(request: LaunchRequest, signal: AbortSignal): Promise<LaunchResult>;
  /**
   * Stops an instance and removes every trace but nothing else's: SIGTERM, then SIGKILL after the grace period.
   * Resolves also when it was already gone. With `keepOutput` its log stays, for it will be launched again.
   */
  remove(
    instanceId: string,
    options: { readonly gracePeriodMs: number; readonly keepOutput?: boolean },
    signal: AbortSignal,
  ): Promise<void>;
  /** All instances of this platform's on this target, in one batch. Rejects when the target cannot be reached. */
  observeAll(signal: AbortSignal): Promise<readonly ObservedInstance[]>;
  /**
   * The instance's own output, line by line without line feeds, oldest first.
   *
   * @param options - `tail`: last lines only, all when `null`; `follow`: goes on with what is written later, until the
   *   instance is removed.
   * @throws PlatformError `NOT_FOUND` when there is no such instance. The signal's reason when it is aborted.
   */
  logs(
    instanceId: string,
    options: { readonly tail: number | null; readonly follow: boolean },
    signal: AbortSignal,
  ): AsyncIterable<string>;
  /** What the running instances use now, each with all the processes it started. */
  stats(signal: AbortSignal): Promise<readonly InstanceStats[]>;
}
