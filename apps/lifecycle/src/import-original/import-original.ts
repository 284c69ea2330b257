import { importAccounts } from './import-accounts.ts';
import { importHistory } from './import-history.ts';
import { importJobs } from './import-jobs.ts';
import { ImportReport } from './import-report.ts';
import type { ImportDeps, ImportRun } from './import-table.ts';

/**
 * Takes over what an installation of Racetrack 2.36 keeps in its database. What is here already stays as it is, so that
 * it can be run again, also after it broke off.
 *
 * @returns what was taken and what not, and why.
 */
export async function importOriginal(deps: ImportDeps): Promise<ImportReport> {
  const run: ImportRun = {
    ...deps,
    report: new ImportReport(),
    users: new Map(),
    escs: new Set(),
    families: new Map(),
    subjects: new Map(),
    jobs: new Map(),
  };
  await importAccounts(run);
  await importJobs(run);
  await importHistory(run);
  return run.report;
}
