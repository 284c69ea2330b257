import {
  createDeploymentRepository,
  createInstanceRepository,
  createJobRepository,
  createUidRepository,
  type Queryable,
  type Store,
  type UidAllocationRow,
} from '@racetrack-platform/db';
import { failpoint } from '@racetrack-platform/failpoints';
import type { InfrastructureTarget, JobAccount, JobRef } from '@racetrack-platform/plugin-sdk';
import type { Config } from '../config.ts';
import { PLUGIN_ACCOUNT } from '../plugins/files/plugin-accounts.ts';
import { BUILD_ACCOUNT } from './build-resources.ts';

/**
 * The users that jobs of this host run as: numbers that nobody else has, one for each family. Its versions share one as
 * they share a token and their data; what keeps their instances apart is a view of their own.
 */
export interface JobAccounts {
  /** Reserves the number of a job's family inside the caller's transaction, so that it is on record before anything uses it. */
  reserve(db: Queryable, target: TargetKind, job: JobRef): Promise<void>;
  /** The account that a job runs as on a target; `null`: the target, or this platform, keeps none for it. */
  get(target: TargetKind, job: JobRef): Promise<JobAccount | null>;
  /**
   * Gives back the numbers of families that are neither deployed nor being deployed, and have neither an instance nor
   * data left.
   *
   * @returns how many.
   */
  releaseUnused(): Promise<number>;
}

/** Stands for the version of a number that is the whole family's; older rows have one for each version. */
const EVERY_VERSION = '*';

/** What families keep on this host. */
export interface KeptData {
  hasFiles(jobName: string): boolean;
  /** Removes a directory that nobody has put anything into. @returns whether there is none any more. */
  removeEmpty(jobName: string): boolean;
}

type TargetKind = Pick<InfrastructureTarget, 'runs' | 'scope'>;

/** Whether jobs that are processes of this machine run as users of their own: only root can see to that. */
export function usesAccounts({ isolation }: Pick<Config, 'isolation'>): boolean {
  return isolation === 'auto' && process.platform === 'linux' && process.getuid?.() === 0;
}

/** @param deps - `isEnabled`: see {@link usesAccounts}. */
export function createJobAccounts(deps: {
  readonly store: Store;
  readonly hostId: string;
  readonly isEnabled: boolean;
  readonly data: KeptData;
}): JobAccounts {
  const { store, hostId, isEnabled, data } = deps;

  const hasAccounts = ({ runs, scope }: TargetKind): boolean =>
    isEnabled && runs === 'native' && scope === 'host';

  async function allocate(db: Queryable, { name }: JobRef): Promise<number> {
    const uids = createUidRepository(db);
    await uids.ensureRange(hostId);
    return await uids.allocate(hostId, name, EVERY_VERSION);
  }

  async function findUnused(db: Queryable): Promise<UidAllocationRow[]> {
    const all = await createUidRepository(db).list(hostId);
    const taken = all.filter(({ job_name }) => job_name !== BUILD_ACCOUNT && job_name !== PLUGIN_ACCOUNT);
    if (taken.length === 0) return [];
    const jobs = await createJobRepository(db).list();
    const instances = await createInstanceRepository(db).list();
    const used = new Set(
      [
        ...jobs.map(({ name, version }) => ({ name, version })),
        ...instances.map(({ job_name, job_version }) => ({ name: job_name, version: job_version })),
      ].flatMap(({ name, version }) => [nameOf(name, version), nameOf(name, EVERY_VERSION)]),
    );
    const unused = taken.filter(
      ({ job_name, job_version }) =>
        !used.has(nameOf(job_name, job_version)) &&
        // Nobody else may get the number that files belong to.
        !(job_version === EVERY_VERSION && data.hasFiles(job_name)),
    );
    const deployments = createDeploymentRepository(db);
    const isInProgress = await Promise.all(
      unused.map(async ({ job_name, job_version }) =>
        job_version === EVERY_VERSION
          ? await deployments.isNameInProgress(job_name)
          : await deployments.isVersionInProgress(job_name, job_version),
      ),
    );
    return unused.filter((_row, index) => isInProgress[index] !== true);
  }

  return {
    async reserve(db, target, job) {
      if (hasAccounts(target)) await allocate(db, job);
    },

    async get(target, job) {
      if (!hasAccounts(target)) return null;
      const known = (await createUidRepository(store.db).list(hostId)).find(
        (row) => row.job_name === job.name && row.job_version === EVERY_VERSION,
      );
      // Without one it was launched by a platform that did not give accounts.
      const uid = known?.uid ?? (await store.transaction(async ({ db }) => await allocate(db, job))).result;
      return { uid, gid: uid };
    },

    async releaseUnused() {
      // Outside of a transaction first: most of the time there is nothing to do.
      if ((await findUnused(store.db)).length === 0) return 0;
      const { result } = await store.transaction(async ({ db }) => {
        let released = 0;
        const unused = await findUnused(db);
        for (const row of unused) {
          if (row.job_version === EVERY_VERSION && !data.removeEmpty(row.job_name)) continue;
          await createUidRepository(db).release(hostId, row.job_name, row.job_version);
          released += 1;
        }
        failpoint('before-uid-released');
        return released;
      });
      failpoint('after-uid-released');
      return result;
    },
  };
}

/** Neither a name nor a version holds a slash. */
function nameOf(name: string, version: string): string {
  return `${name}/${version}`;
}
