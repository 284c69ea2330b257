import { createJobRepository, type Store } from '@racetrack-platform/db';

/** The words of Racetrack 2.36. */
const NOTICE = 'This version of the job type is obsolete and no longer available.';
/** Job types change seldom, and jobs that are published anew lose their notice. */
const INTERVAL_MS = 60_000;

export interface NoteObsoleteJobsDeps {
  readonly store: Store;
  readonly jobTypes: () => readonly { readonly fullName: string }[];
}

/**
 * Says with every job whose job type nobody offers any more that it is so. Such jobs run on; built anew they could not be.
 *
 * @returns what is to be called again and again; it does little when nothing has changed.
 */
export function createObsoleteNotes({ store, jobTypes }: NoteObsoleteJobsDeps): () => Promise<void> {
  let last = { available: '', at: Number.NEGATIVE_INFINITY };
  return async () => {
    const names = jobTypes().map(({ fullName }) => fullName);
    const available = names.toSorted().join(' ');
    const now = performance.now();
    if (available === last.available && now - last.at < INTERVAL_MS) return;
    await createJobRepository(store.db).setNoticeOfJobTypes(names, NOTICE);
    last = { available, at: now };
  };
}
