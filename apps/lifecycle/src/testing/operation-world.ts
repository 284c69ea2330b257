import { join } from 'node:path';
import { createSubjectRepository, openStore, type Store, type StoreOptions } from '@racetrack-platform/db';
import { sql } from 'kysely';
import type { Operation } from './list-operations.ts';
import {
  addUser,
  createAsk,
  makeBody,
  makeThings,
  type Ask,
  type OperationThings,
  type ThingRecord,
} from './operation-things.ts';
import { TestControl } from './start-test-control.ts';

export interface WorldAnswer {
  readonly status: number;
  /** Empty for streams. */
  readonly text: string;
}

/** A control where everything that an operation can be about exists, and belongs to somebody else. */
export interface OperationWorld extends AsyncDisposable {
  readonly control: TestControl;
  /** Somebody without a single grant. */
  readonly userToken: string;
  /** Tokens that were good once, or never, by what they are; an empty one is not sent. */
  readonly badTokens: Readonly<Record<string, string>>;
  readonly things: OperationThings;
  /** Calls an operation with good values, about things that exist. */
  send(operation: Operation, token: string, record?: ThingRecord): Promise<WorldAnswer>;
  /** What the store holds, but for what a refused request may leave: when a token was last used. */
  readStore(): Promise<Record<string, unknown[]>>;
}

const USER = 'user@example.com';

/**
 * Makes such a world. Whatever is not for the user's eyes has `hidden` in it.
 *
 * @param postgresUrl - of an empty database; left out: on SQLite.
 */
export async function createOperationWorld(postgresUrl?: string): Promise<OperationWorld> {
  const control = await TestControl.start(postgresUrl === undefined ? {} : { DATABASE_URL: postgresUrl });
  const options: StoreOptions =
    postgresUrl === undefined
      ? { kind: 'sqlite', path: join(control.dataDir, 'store/racetrack.db') }
      : { kind: 'postgres', url: postgresUrl };
  const store = await openStore(options);
  const dispose = async (): Promise<void> => {
    await store.close();
    await control[Symbol.asyncDispose]();
  };
  try {
    return { ...(await fillWorld(control, store)), [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function fillWorld(
  control: TestControl,
  store: Store,
): Promise<Omit<OperationWorld, keyof AsyncDisposable>> {
  const ask = createAsk(control);
  const things = await makeThings(store, ask);
  const userToken = await addUser(ask, USER);
  const badTokens = await makeBadTokens(ask, store);
  const user = await createSubjectRepository(store.db).findByUsername(USER);
  await store.db
    .deleteFrom('permission')
    .where('subject_id', '=', user?.id ?? '')
    .execute();
  return {
    control,
    things,
    userToken,
    badTokens,
    readStore: async () => await readStore(store),
    async send(operation, token, record) {
      const search = new URLSearchParams(operation.query).toString();
      const url = `${things.pathOf(operation, record)}${search === '' ? '' : `?${search}`}`;
      return await readAnswer(await control.request(operation.method, url, makeBody(operation), token));
    },
  };
}

async function makeBadTokens(ask: Ask, store: Store): Promise<Record<string, string>> {
  const revoked = await ask<{ id: string; token: string }>('POST', '/tokens', { name: 'revoked' });
  await ask('DELETE', `/tokens/${revoked.id}`);
  const expired = await ask<{ id: string; token: string }>('POST', '/tokens', { name: 'expired' });
  await store.db.updateTable('token').set({ expires_at: 1 }).where('id', '=', expired.id).execute();
  const deactivated = await addUser(ask, 'gone@example.com');
  await ask('PATCH', '/users/gone@example.com', { is_active: false });
  const [header = '', claims = ''] = expired.token.split('.');
  return {
    'no token': '',
    'what is no token': "' or '1'='1",
    'a token with the signature of somebody else': `${header}.${claims}.${'A'.repeat(43)}`,
    'a revoked token': revoked.token,
    'an expired token': expired.token,
    'the token of a deactivated user': deactivated,
  };
}

/** Of a stream the head is enough. */
export async function readAnswer(response: Response): Promise<WorldAnswer> {
  const { status, headers, body } = response;
  if (headers.get('content-type')?.startsWith('text/event-stream') !== true) {
    return { status, text: await response.text() };
  }
  await body?.cancel();
  return { status, text: '' };
}

/** What an operation could change, accounts and rights first; the platform's own work goes on in the others. */
const TABLES = [
  'user',
  'token',
  'esc',
  'subject',
  'permission',
  'job_family',
  'job',
  'public_endpoint',
  'version_pin',
  'deployment',
  'trash_job',
  'setting',
  'async_job_call',
  'plugin_package',
  'plugin_config',
  'removed_plugin',
  'meta',
  'audit_event',
] as const;

async function readStore({ db }: Store): Promise<Record<string, unknown[]>> {
  const found: Record<string, unknown[]> = {};
  for (const table of TABLES) {
    const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(db);
    found[table] = rows.map((row) => omit(row, table === 'job' ? OBSERVED : ['last_used_at']));
  }
  return found;
}

/** What the platform writes down of a job when it looks after it. */
const OBSERVED = ['status', 'error', 'updated_at'];

function omit(row: Record<string, unknown>, columns: readonly string[]): unknown {
  return Object.fromEntries(Object.entries(row).filter(([column]) => !columns.includes(column)));
}
