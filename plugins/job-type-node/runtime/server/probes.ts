import type { Settings } from '../shared/settings.ts';

/** A status and the value of a JSON body. */
export interface ProbeAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The state of the job as probes see it. */
export class Probes {
  readonly #settings: Settings;
  isReady = false;
  /** Why the job could not be initialised. */
  error: string | null = null;
  /** Why it takes no calls at the moment, after it has taken some. */
  interruption: string | null = null;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  live(): ProbeAnswer {
    const body = { live: this.error === null, deployment_timestamp: this.#settings.deploymentTimestamp };
    return this.error === null
      ? { status: 200, body }
      : { status: 500, body: { ...body, error: this.error } };
  }

  ready(): ProbeAnswer {
    const { interruption } = this;
    return {
      status: this.#status(),
      body: { ready: this.#takesCalls(), ...(interruption === null ? {} : { error: interruption }) },
    };
  }

  health(): ProbeAnswer {
    const settings = this.#settings;
    return {
      status: this.#status(),
      body: {
        service: 'job',
        job_name: settings.jobName,
        live: this.error === null,
        ready: this.#takesCalls(),
        status: this.#takesCalls() ? 'pass' : 'fail',
        error: this.error ?? this.interruption,
        job_version: settings.jobVersion,
        git_version: settings.gitVersion,
        deployed_by_racetrack_version: settings.deployedBy,
        deployment_timestamp: settings.deploymentTimestamp,
        job_type_version: settings.jobTypeVersion,
      },
    };
  }

  #status(): number {
    return this.#takesCalls() ? 200 : 500;
  }

  #takesCalls(): boolean {
    return this.isReady && this.interruption === null;
  }
}
