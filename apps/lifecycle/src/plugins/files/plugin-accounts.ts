import { createUidRepository, type Store } from '@racetrack-platform/db';
import type { Account } from '@racetrack-platform/sandbox';

/** Stands where the name of a job stands in the list of accounts; no job can have it. */
export const PLUGIN_ACCOUNT = '#plugin';

/** The users that installed plugins run as: a number for each name, the same for all its versions, never given back. */
export interface PluginAccounts {
  /** `null`: plugins run as the platform's own user. */
  get(name: string): Promise<Account | null>;
}

/** @param deps - `isEnabled`: whether this platform gives accounts to processes. */
export function createPluginAccounts(deps: {
  readonly store: Store;
  readonly hostId: string;
  readonly isEnabled: boolean;
}): PluginAccounts {
  const { store, hostId, isEnabled } = deps;
  const known = new Map<string, number>();

  async function allocate(name: string): Promise<number> {
    const listed = (await createUidRepository(store.db).list(hostId)).find(
      (row) => row.job_name === PLUGIN_ACCOUNT && row.job_version === name,
    );
    if (listed !== undefined) return listed.uid;
    const { result } = await store.transaction(async ({ db }) => {
      const uids = createUidRepository(db);
      await uids.ensureRange(hostId);
      return await uids.allocate(hostId, PLUGIN_ACCOUNT, name);
    });
    return result;
  }

  return {
    async get(name) {
      if (!isEnabled) return null;
      const uid = known.get(name) ?? (await allocate(name));
      known.set(name, uid);
      return { uid, gid: uid };
    },
  };
}
