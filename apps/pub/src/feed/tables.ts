import type { FeedRecord } from '@racetrack-platform/contracts';
import { createSubjectTable, type SubjectTable } from '../authorization/subject-table.ts';
import { createJobTable, type JobTable } from '../routing/job-table.ts';

/** All that pub knows, as of one revision of one store. Changed only between two ticks, never halfway. */
export interface Tables {
  readonly storeId: string;
  revision: number;
  readonly jobs: JobTable;
  readonly subjects: SubjectTable;
  put(record: FeedRecord): void;
  remove(kind: string, id: string): void;
  /** Whether the platform is in maintenance mode. */
  isInMaintenance(): boolean;
  /** Everything, for the snapshot on disk. */
  records(): FeedRecord[];
}

/** Creates empty tables of a store. */
export function createTables(storeId: string, revision: number): Tables {
  const jobs = createJobTable();
  const subjects = createSubjectTable();
  const settings = new Map<string, FeedRecord & { kind: 'setting' }>();

  return {
    storeId,
    revision,
    jobs,
    subjects,
    put(record) {
      switch (record.kind) {
        case 'job':
          jobs.put(record);
          return;
        case 'token':
          subjects.putToken(record);
          return;
        case 'subject':
          subjects.putSubject(record);
          return;
        case 'setting':
          settings.set(record.id, record);
      }
    },
    remove(kind, id) {
      if (kind === 'job') jobs.remove(id);
      else if (kind === 'token') subjects.removeToken(id);
      else if (kind === 'subject') subjects.removeSubject(id);
      else if (kind === 'setting') settings.delete(id);
    },
    isInMaintenance: () => settings.get('maintenance')?.value === true,
    records: () => [...settings.values(), ...subjects.records(), ...jobs.routes()],
  };
}
