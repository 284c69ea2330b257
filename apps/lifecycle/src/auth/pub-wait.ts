import type { Acknowledgements } from '../replicas/acknowledgements.ts';

/** Whoever changed something waits for so long at most. */
const TIMEOUT_MS = 2_000;

/** Resolves when every connected pub knows what was committed, or after 2 s; `undefined`: nothing that concerns them. */
export type PubWait = (revision: number | undefined) => Promise<void>;

/** For answers to changes: the next call is made with the new token, or without the grant that was taken. */
export function createPubWait(acknowledgements: Pick<Acknowledgements, 'waitForAll'>): PubWait {
  return async (revision) => {
    if (revision === undefined) return;
    // The change is stored, and a token's text may be in this answer alone: a wait that fails must not lose it.
    await acknowledgements.waitForAll(revision, TIMEOUT_MS, new AbortController().signal).catch(() => false);
  };
}
