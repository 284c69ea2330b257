import { createHash, randomUUID } from 'node:crypto';
import type { RecordsPageDto, RecordTableDto } from '@racetrack-platform/contracts';
import {
  createDeploymentRepository,
  createJobRepository,
  createPluginRepository,
  type Store,
} from '@racetrack-platform/db';
import { newDeploymentRow } from '../deployments/new-deployment-row.ts';
import { fillPath, type Operation } from './list-operations.ts';
import { sampleValue } from './sample-value.ts';
import type { TestControl } from './start-test-control.ts';

/** One of everything that an operation can be about, on a control of its own. */
export interface OperationThings {
  /** Tables of the records API, with a record in each. */
  readonly records: readonly ThingRecord[];
  /** The path of an operation, without its query, about things that exist. */
  pathOf(operation: Operation, record?: ThingRecord): string;
}

export interface ThingRecord {
  readonly table: string;
  readonly id: string;
}

/** Asks as the administrator, or with `token`, and expects that it is done. */
export type Ask = <T>(method: string, path: string, body?: unknown, token?: string) => Promise<T>;

/** Asks a control below `/api/v1`. */
export function createAsk(control: TestControl): Ask {
  return async <T>(method: string, path: string, body?: unknown, token?: string): Promise<T> => {
    const response = await control.request(method, `/api/v1${path}`, body, token);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  };
}

/** Makes an account that may sign in; answers its token. */
export async function addUser(ask: Ask, username: string): Promise<string> {
  const login = { username, password: 'operation-things-Pass-1' };
  await ask('POST', '/users/register', login, '');
  await ask('PATCH', `/users/${username}`, { is_active: true });
  return (await ask<{ token: string }>('POST', '/users/login', login, '')).token;
}

/** What is the same on every control. */
const NAMES = {
  name: 'others',
  version: '1.0.0',
  family: 'others',
  source: 'others',
  target: 'others',
  username: 'hidden-user@example.com',
  scope: 'call_job',
  pattern: 'latest',
  endpoint: 'hidden',
};

/** Makes one of everything. Whatever is not for everybody's eyes has `hidden` in it. */
export async function makeThings(store: Store, ask: Ask): Promise<OperationThings> {
  const deployment = await insertOthersJob(store);
  await addUser(ask, NAMES.username);
  const esc = await ask<{ id: string }>('POST', '/escs', { name: 'hidden-service' });
  const data = await ask<{ tokens: { id: string }[] }>('GET', `/escs/${esc.id}/auth_data`);
  const grant = { subject: `esc:${esc.id}`, scope: 'call_job', family: 'others' };
  const permission = await ask<{ id: string }>('POST', '/permissions', grant);
  const token = await ask<{ id: string }>('POST', '/tokens', { name: 'kept' });
  await ask('POST', '/job/async/call', ASYNC_CALL);
  await ask('PUT', '/settings/maintenance', { enabled: false, message: 'hidden message' });
  await insertOthersPlugin(store);
  await ask('PUT', '/plugin/others/1.0.0/config', { config_data: 'hidden: setting' });
  const ids = [
    ['/deploy/', deployment],
    ['/async/call/', ASYNC_CALL.id],
    ['/escs/', esc.id],
    ['/token/esc/', esc.id],
    ['/permissions/', permission.id],
    ['/tokens/', token.id],
  ] as const;
  const names = { ...NAMES, esc_id: esc.id, token_id: data.tokens[0]?.id ?? '' };
  return {
    records: await listRecords(ask),
    pathOf({ path, words }, record = { table: 'registry_job', id: 'no-such-id' }) {
      const id = ids.find(([part]) => path.includes(part))?.[1] ?? record.id;
      return fillPath(path, { ...names, table: record.table, id, ...words });
    },
  };
}

/** A job that nobody has to build: its rows alone. Answers the id of its deployment. */
async function insertOthersJob(store: Store): Promise<string> {
  const [family, job, deployment] = [randomUUID(), randomUUID(), randomUUID()];
  const manifestYaml = JSON.stringify({
    ...MANIFEST,
    name: 'others',
    owner_email: 'hidden-owner@example.com',
  });
  const facts = {
    deployed_by: 'admin',
    manifest_yaml: manifestYaml,
    infrastructure_target: 'process',
    job_type_version: 'toy:1.0.0',
  };
  const known = { name: 'others', version: '1.0.0', status: 'lost' as const, created_at: 1, updated_at: 1 };
  await store.transaction(async ({ db }) => {
    await db.insertInto('job_family').values({ id: family, name: 'others' }).execute();
    const subject = { id: randomUUID(), kind: 'job_family' as const, user_id: null, esc_id: null };
    await db
      .insertInto('subject')
      .values({ ...subject, family_id: family })
      .execute();
    const jobs = createJobRepository(db);
    const unknown = { error: null, notice: null, last_call_at: null };
    await jobs.insert({
      id: job,
      family_id: family,
      deployment_id: deployment,
      ...known,
      ...facts,
      ...unknown,
    });
    await jobs.requestPublicEndpoints(job, [{ id: randomUUID(), endpoint: '/hidden' }]);
    const pin = { family_id: family, pattern: 'latest', job_id: job, previous_job_id: null };
    await db
      .insertInto('version_pin')
      .values({ ...pin, pinned_by: 'admin', pinned_at: 1 })
      .execute();
    const asked = newDeploymentRow({
      id: deployment,
      kind: 'deploy',
      job_name: 'others',
      job_version: '1.0.0',
      subject_id: subject.id,
      ...facts,
      warnings: 'hidden warning',
      is_force: 0,
      no_cache: 0,
      upload: null,
      sealed_secrets: null,
      commit_id: null,
      host_id: 'another',
    });
    await createDeploymentRepository(db).insert({ ...asked, status: 'done', step: 'done' });
  });
  return deployment;
}

/** A plugin that a target of the platform stands in for: none of its code is ever started. */
async function insertOthersPlugin(store: Store): Promise<void> {
  const zip = Buffer.from('the ZIP of a plugin');
  const digest = createHash('sha256').update(zip).digest('hex');
  const archives = createPluginRepository(store.db);
  await archives.putArchivePart(digest, 0, zip, Date.now());
  await archives.completeArchive(digest, zip.length);
  const about = { name: 'others', version: '1.0.0', category: 'infrastructure' };
  const plugin = { ...about, digest, sizeBytes: zip.length, language: 'python' as const, isPinned: false };
  const manifest = { ...about, build_date: null, url: null, priority: 0, components: [], racetrack: null };
  const answered = { description: null, standIn: 'process', installedBy: 'admin', installedAt: 1 };
  await store.transaction(async ({ db }) => {
    await createPluginRepository(db).put({ ...plugin, ...answered, manifest });
  });
}

/** One of each table; of accounts and tokens the administrator's, whose loss would be the worst. */
async function listRecords(ask: Ask): Promise<ThingRecord[]> {
  const tables = await ask<RecordTableDto[]>('GET', '/records/tables');
  return await Promise.all(
    tables.map(async ({ table_name: table, primary_key_column: key }) => {
      const page = await ask<RecordsPageDto>('POST', `/records/table/${table}/list`, { limit: 1 });
      return { table, id: String(page.records[0]?.fields[key] ?? 'none') };
    }),
  );
}

const ASYNC_CALL = {
  id: 'hidden-call',
  status: 'completed',
  started_at: 1,
  ended_at: 2,
  error: null,
  job_name: 'others',
  job_version: '1.0.0',
  job_path: '/api/v1/perform',
  request_method: 'POST',
  request_url: '/pub/job/others/1.0.0/api/v1/perform',
  request_headers: {},
  request_body: 'hidden question',
  response_status_code: 200,
  response_headers: {},
  response_body: 'hidden answer',
  attempts: 1,
  pub_instance_addr: '127.0.0.1',
  retriable_error: false,
};

/** Nobody listens where its source should be. */
const MANIFEST = {
  name: 'new',
  version: '1.0.0',
  owner_email: 'x@example.com',
  jobtype: 'toy:latest',
  git: { remote: 'https://127.0.0.1:9/x' },
};

/** A good body, so that nothing but what a test is about can be the reason for a refusal. */
export function makeBody({ method, path, body }: Operation): unknown {
  if (body === undefined) return undefined;
  if (/\/(?:deploy|build|dockerfile)$/.test(path)) return { manifest: MANIFEST };
  if (path.includes('/async/call')) return ASYNC_CALL;
  if (path.endsWith('/settings/maintenance')) return { enabled: false };
  if (method === 'POST' && path.endsWith('/{table}')) return { fields: { name: 'x' } };
  return sampleValue(body);
}
