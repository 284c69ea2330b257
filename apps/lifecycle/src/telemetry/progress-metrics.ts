import { Gauge, type Registry } from 'prom-client';
import { DEPLOYMENT_PHASES, type DeploymentPhase } from '@racetrack-platform/contracts';
import { answerInTime } from './answer-in-time.ts';

export interface ProgressMetricsDeps {
  /** Deployments in progress, on all replicas. */
  readonly countDeployments: () => Promise<ReadonlyMap<DeploymentPhase, number>>;
  /** The newest revision of the change feed. */
  readonly readRevision: () => Promise<number>;
  /** The pubs of this process. */
  readonly feed: {
    readonly connectedCount: number;
    /** What all of them route by; infinite without any. */
    readonly acknowledged: number;
  };
}

const IN_PROGRESS = DEPLOYMENT_PHASES.filter((phase) => phase !== 'done');

/** How deployments and the pubs come along, asked at each scrape. */
export function addProgressMetrics(registry: Registry, deps: ProgressMetricsDeps): void {
  registry.registerMetric(
    new Gauge({
      name: 'lifecycle_deployments_in_progress',
      help: 'Deployments in progress by phase; those in accepted wait for their turn',
      labelNames: ['phase'],
      registers: [],
      async collect() {
        const counts = await answerInTime(deps.countDeployments);
        if (counts === undefined) return this.reset();
        for (const phase of IN_PROGRESS) this.set({ phase }, counts.get(phase) ?? 0);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: 'lifecycle_feed_subscribers',
      help: 'Pubs that follow the change feed of this process',
      registers: [],
      collect() {
        this.set(deps.feed.connectedCount);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: 'lifecycle_feed_lag_revisions',
      help: 'Changes that the slowest of these pubs has not acknowledged yet',
      registers: [],
      async collect() {
        const revision = await answerInTime(deps.readRevision);
        if (revision === undefined) return this.remove();
        this.set(Math.max(0, revision - Math.min(deps.feed.acknowledged, revision)));
      },
    }),
  );
}
