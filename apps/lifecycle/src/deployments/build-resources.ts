import type { BuildLimits, BuildRequest } from '@racetrack-platform/contracts';
import { createUidRepository, type Store } from '@racetrack-platform/db';
import { detectConfinement, type Confinement } from '@racetrack-platform/sandbox';

/** Stands where the name of a job stands in the list of accounts; no job can have it. */
export const BUILD_ACCOUNT = '#build';

/** By then the platform is ready, and hardly anybody has had time to deploy. */
const DETECT_AFTER_MS = 1_000;

/** What a build may use, and how it is held. */
export type BuildTerms = Pick<BuildRequest, 'limits' | 'account' | 'tools' | 'hiddenDirs'>;

/** What running builds have for themselves. */
export interface BuildResources {
  /** Takes an account that no other running build has; `release` gives it back. */
  take(): Promise<{ readonly terms: BuildTerms; readonly release: () => void }>;
}

/**
 * The accounts of builds: as many numbers as builds run at once, used again and again. A build leaves no process and no
 * file of its account behind, and its builder holds a lock on it meanwhile.
 *
 * @param deps - `hasAccounts`: whether builds run as users of their own; `dataDir` is hidden from them.
 */
export function createBuildResources(deps: {
  readonly store: Store;
  readonly hostId: string;
  readonly hasAccounts: boolean;
  readonly dataDir: string;
  readonly limits: BuildLimits;
}): BuildResources {
  const { store, hostId, hasAccounts, dataDir, limits } = deps;
  const known = new Map<number, number>();
  const isTaken: boolean[] = [];
  let detecting: Promise<Confinement | undefined> | undefined;
  // Without it, builds are held less tightly.
  const detect = (): Promise<Confinement | undefined> =>
    (detecting ??= detectConfinement().catch(() => undefined));
  // It takes a moment, which neither the start of the platform nor the first build should have to wait for.
  setTimeout(() => void detect(), DETECT_AFTER_MS).unref();

  async function allocate(slot: number): Promise<number> {
    const { result } = await store.transaction(async ({ db }) => {
      const uids = createUidRepository(db);
      await uids.ensureRange(hostId);
      return await uids.allocate(hostId, BUILD_ACCOUNT, String(slot));
    });
    return result;
  }

  async function findUid(slot: number): Promise<number> {
    const uid = known.get(slot) ?? (await allocate(slot));
    known.set(slot, uid);
    return uid;
  }

  async function describe(slot: number): Promise<BuildTerms> {
    const confinement = await detect();
    const tools = confinement === undefined ? null : { ...confinement.tools };
    if (!hasAccounts) return { limits, account: null, tools: tools && dropNamespaces(tools), hiddenDirs: [] };
    const uid = await findUid(slot);
    return { limits, account: { uid, gid: uid }, tools, hiddenDirs: [dataDir] };
  }

  return {
    async take() {
      const free = isTaken.indexOf(false);
      const slot = free === -1 ? isTaken.length : free;
      isTaken[slot] = true;
      const release = (): void => void (isTaken[slot] = false);
      try {
        return { terms: await describe(slot), release };
      } catch (error) {
        release();
        throw error;
      }
    },
  };
}

function dropNamespaces<T extends { readonly bwrap: string | null }>(tools: T): T {
  return { ...tools, bwrap: null };
}
