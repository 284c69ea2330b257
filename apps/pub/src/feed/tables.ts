import {
  MAINTENANCE_MESSAGE,
  MAINTENANCE_MODE,
  readMaintenance,
  type FeedRecord,
  type Maintenance,
} from '@racetrack-platform/contracts/processes';
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
  /** Whether the platform is in maintenance mode, and what is said about it. */
  maintenance(): Maintenance;
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
          return;
        case 'pin':
          jobs.putPin(record);
      }
    },
    remove(kind, id) {
      if (kind === 'job') jobs.remove(id);
      else if (kind === 'token') subjects.removeToken(id);
      else if (kind === 'subject') subjects.removeSubject(id);
      else if (kind === 'setting') settings.delete(id);
      else if (kind === 'pin') jobs.removePin(id);
    },
    maintenance: () =>
      readMaintenance(settings.get(MAINTENANCE_MODE)?.value, settings.get(MAINTENANCE_MESSAGE)?.value),
    records: () => [...settings.values(), ...subjects.records(), ...jobs.routes(), ...jobs.pins()],
  };
}
