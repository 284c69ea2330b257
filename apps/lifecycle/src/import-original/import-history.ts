import { createImportRepository, toJson } from '@racetrack-platform/db';
import { findNameProblem, readLabel } from './find-name-problem.ts';
import { importTable, type ImportRun } from './import-table.ts';

/** What happened: deleted jobs, whose versions stay retired, settings, and the audit log. */
export async function importHistory(run: ImportRun): Promise<void> {
  await importTable(
    run,
    { kind: 'trashJob', table: 'registry_trashjob', key: 'id', label: 'deleted jobs' },
    (row) => `${row.name} ${row.version}`,
    async ({ db }, row) => {
      const problem = findNameProblem('family', row.name) ?? findNameProblem('label', row.version);
      if (problem !== undefined) return { skipped: problem };
      const isNew = await createImportRepository(db).insertNew('trash_job', {
        id: row.id,
        name: row.name,
        version: row.version,
        manifest_yaml: row.manifest ?? '',
        deployed_by: readLabel(row.deployed_by),
        created_at: row.create_time,
        updated_at: row.update_time,
        deleted_at: row.delete_time,
        deleted_by: null,
        status: row.status,
        error: row.error,
        image_tag: row.image_tag,
        last_call_at: row.last_call_time,
        infrastructure_target: row.infrastructure_target,
      });
      return isNew ? 'taken' : 'present';
    },
  );
  await importTable(
    run,
    { kind: 'setting', table: 'registry_setting', key: 'name', label: 'settings' },
    (row) => row.name,
    async (trx, { name, value }) => {
      const isNew = await createImportRepository(trx.db).insertSetting(name, toJson(value ?? null));
      if (isNew) trx.feedChanged('setting', name);
      return isNew ? 'taken' : 'present';
    },
  );
  await importTable(
    run,
    { kind: 'auditEvent', table: 'registry_auditlogevent', key: 'id', label: 'audit events' },
    (row) => row.id,
    async ({ db }, row) => {
      const isNew = await createImportRepository(db).insertNew('audit_event', {
        id: row.id,
        created_at: row.timestamp,
        event_type: row.event_type,
        properties: isJsonObject(row.properties) ? row.properties : '{}',
        username_executor: row.username_executor,
        username_subject: row.username_subject,
        job_name: row.job_name,
        job_version: row.job_version,
      });
      return isNew ? 'taken' : 'present';
    },
  );
}

function isJsonObject(text: string | null): text is string {
  if (text === null) return false;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
