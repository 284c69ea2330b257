import { z } from 'zod';
import {
  createAsyncCallRepository,
  createJobRepository,
  createRecordChanges,
  createSubjectRepository,
  type Store,
  type StoreTransaction,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { recordAudit } from '../audit/record-audit.ts';
import { actorOf } from '../auth/actor.ts';
import { deleteJob, type DeleteJobDeps } from '../jobs/delete-job.ts';
import { FAMILY_NAME } from './family-name.ts';
import { readFields, textOf, type RecordEditor, type RecordWriter } from './record-writer.ts';
import { requireNoDeployment } from './require-no-deployment.ts';

/** Jobs end as they do elsewhere: off the route first, then their instances. */
export function createJobWriter(deps: DeleteJobDeps): RecordWriter {
  return {
    hint: 'Jobs are made and changed by deployments; their manifest at PUT /api/v1/job/NAME/VERSION/manifest.',

    async delete(record, { subject, address }) {
      const job = await createJobRepository(deps.store.db).findById(textOf(record, 'id'));
      if (job !== undefined) await deleteJob(deps, actorOf(subject, address), job);
    },
  };
}

const familySchema = z.strictObject({ name: z.string().regex(FAMILY_NAME) });

/** Families can be made beforehand, so that permissions can name them. */
export function createFamilyWriter({ store }: { readonly store: Store }): RecordWriter {
  return {
    hint: 'A family keeps its name as long as it lives.',

    async create(fields, editor) {
      const { name } = readFields(familySchema, fields);
      const { result } = await store.transaction(async (trx) => {
        const subjects = createSubjectRepository(trx.db);
        if ((await subjects.findFamilyId(name)) !== undefined) {
          throw new PlatformError('ALREADY_EXISTS', `there is a job family ${name} already`, {
            hint: 'Use the one that exists.',
          });
        }
        const family = await subjects.ensureOfFamily(name);
        trx.feedChanged('subject', family.id);
        await note(trx, editor, 'record_created', { table: 'registry_jobfamily', id: name }, name);
        return family.familyId;
      });
      return result;
    },

    async delete(record, editor) {
      const name = textOf(record, 'name');
      await store.transaction(async (trx) => {
        if ((await createRecordChanges(trx.db).countJobs(textOf(record, 'id'))) > 0) {
          throw new PlatformError('BAD_REQUEST', `the job family ${name} has jobs`, {
            hint: 'Delete its jobs first.',
          });
        }
        const subjects = createSubjectRepository(trx.db);
        const subjectId = (await subjects.findByFamily(name))?.id;
        await requireNoDeployment(trx.db, `the job family ${name}`, { subjectId, jobName: name });
        const gone = await subjects.deleteFamily(name);
        for (const hash of gone.tokenHashes) trx.feedChanged('token', hash);
        for (const subjectId of gone.subjectIds) trx.feedChanged('subject', subjectId);
        await note(trx, editor, 'record_deleted', { table: 'registry_jobfamily', id: name }, name);
      });
    },
  };
}

/** What has ended can be forgotten; what still runs, or is being made, cannot. */
export function createDeploymentWriter({ store }: { readonly store: Store }): RecordWriter {
  return {
    hint: 'Deployments say what happened; start another one with POST /api/v1/deploy.',

    async delete(record, editor) {
      const id = textOf(record, 'id');
      await store.transaction(async (trx) => {
        if (!(await createRecordChanges(trx.db).deleteDeployment(id))) {
          throw new PlatformError('BAD_REQUEST', `the deployment ${id} is needed`, {
            hint: 'It is under way, or its job is there: cancel the deployment or delete the job first.',
          });
        }
        const name = textOf(record, 'job_name');
        await note(trx, editor, 'record_deleted', { table: 'registry_deployment', id }, name);
      });
    },
  };
}

/** Deleted jobs: forgetting one frees its version number. */
export function createTrashWriter({ store }: { readonly store: Store }): RecordWriter {
  return {
    hint: 'The trash says what was there; deleting a record frees the version for another deployment.',

    async delete(record, editor) {
      const id = textOf(record, 'id');
      await store.transaction(async (trx) => {
        await createRecordChanges(trx.db).deleteTrash(id);
        await note(trx, editor, 'record_deleted', { table: 'registry_trashjob', id }, textOf(record, 'name'));
      });
    },
  };
}

const endpointSchema = z.strictObject({ active: z.boolean() });

/** Endpoints that manifests ask to be public are opened and closed here. */
export function createPublicEndpointWriter({ store }: { readonly store: Store }): RecordWriter {
  /** Opens, closes, or (with `undefined`) removes it. */
  async function change(
    trx: StoreTransaction,
    { subject, address }: RecordEditor,
    wanted: {
      readonly id: string;
      readonly jobId: string;
      readonly endpoint: string;
      readonly isActive?: boolean;
    },
  ): Promise<void> {
    const { id, jobId, endpoint, isActive } = wanted;
    const jobs = createJobRepository(trx.db);
    const job = await jobs.findById(jobId);
    if (isActive === undefined) await createRecordChanges(trx.db).deletePublicEndpoint(id);
    else
      await jobs.setPublicEndpoint(jobId, endpoint, isActive ? { by: subject.name, at: Date.now() } : null);
    trx.feedChanged('job', jobId);
    await recordAudit(trx, {
      ...actorOf(subject, address),
      eventType: isActive === true ? 'public_endpoint_approved' : 'public_endpoint_withdrawn',
      subject: job?.deployed_by,
      jobName: job?.name,
      jobVersion: job?.version,
      properties: { endpoint },
    });
  }

  return {
    hint: 'Name the endpoint under `public_endpoints` in the manifest, and deploy the next version.',

    async update(record, fields, editor) {
      const { active: isActive } = readFields(endpointSchema, fields);
      await store.transaction(async (trx) => await change(trx, editor, { ...identify(record), isActive }));
    },

    async delete(record, editor) {
      await store.transaction(async (trx) => await change(trx, editor, identify(record)));
    },
  };

  function identify(record: Parameters<typeof textOf>[0]) {
    return {
      id: textOf(record, 'id'),
      jobId: textOf(record, 'job_id'),
      endpoint: textOf(record, 'endpoint'),
    };
  }
}

/** Stored calls can be forgotten. */
export function createAsyncCallWriter({ store }: { readonly store: Store }): RecordWriter {
  return {
    hint: 'Stored calls belong to the pub that made them.',

    async delete(record, editor) {
      const id = textOf(record, 'id');
      await store.transaction(async (trx) => {
        await createAsyncCallRepository(trx.db).delete(id);
        const name = textOf(record, 'job_name');
        await note(trx, editor, 'record_deleted', { table: 'registry_asyncjobcall', id }, name);
      });
    },
  };
}

async function note(
  trx: StoreTransaction,
  { subject, address }: RecordEditor,
  eventType: 'record_created' | 'record_deleted',
  properties: { readonly table: string; readonly id: string },
  jobName: string,
): Promise<void> {
  await recordAudit(trx, { ...actorOf(subject, address), eventType, properties, jobName });
}
