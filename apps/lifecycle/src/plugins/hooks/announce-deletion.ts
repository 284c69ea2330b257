import type { JobRow, Store } from '@racetrack-platform/db';
import { announce } from './announce.ts';
import { listWithHook, type HookCaller } from './call-job-hook.ts';
import { readHookJob } from './hook-data.ts';

export interface AnnounceDeletionDeps {
  readonly store: Pick<Store, 'db'>;
  readonly host: HookCaller;
  /** Where callers reach pub, with its `/pub`. */
  readonly externalPubUrl: string;
  readonly logger: { warn(facts: object, text: string): void };
}

/**
 * Prepares to tell plugins that a job is deleted: what they are told has to be read while it is there.
 *
 * @param executor - name of whoever deletes it.
 * @returns tells them; resolves, and never rejects, when each has heard or failed, which is logged. `undefined` when
 *   nobody listens. A platform that is killed in between does not tell them later: nothing is left to remember it by.
 */
export async function prepareFarewell(
  { store, host, externalPubUrl, logger }: AnnounceDeletionDeps,
  row: JobRow,
  executor: string | null,
): Promise<(() => Promise<void>) | undefined> {
  if (listWithHook(host, 'post_job_delete').length === 0) return undefined;
  const event = { job: await readHookJob(store.db, row, externalPubUrl), usernameExecutor: executor };
  return async () => {
    const failures = await announce(host, 'post_job_delete', async () => await Promise.resolve(event));
    if (failures.length === 0) return;
    logger.warn({ job: `${row.name} ${row.version}`, failures }, 'plugins failed after a deletion');
  };
}
