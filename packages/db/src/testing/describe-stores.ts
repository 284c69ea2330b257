import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { postgresMissing, startPostgres, type PostgresServer } from '@racetrack-platform/testing';
import { openStore, type PostgresOptions, type Store, type StoreOptions } from '../index.ts';

/** An empty store of one test's own, open, and gone with it. */
export interface StoreFixture {
  readonly store: Store;
  /** To open the same one again. */
  readonly options: StoreOptions;
  /** Another empty store in a database of this kind; the test closes it. */
  createEmpty(): Promise<StoreOptions>;
}

/** The same tests on every kind of store: what is true of one has to be true of the other. */
export function describeStores(title: string, tests: (fixture: StoreFixture) => void): void {
  describe(`${title} (SQLite)`, () => {
    tests(useSqlite());
  });
  describePostgres(title, (server) => tests(useStore(() => createPostgresDatabase(server))));
}

/** Tests on a PostgreSQL server of this file's own; skipped, with the reason, where there is none. */
export function describePostgres(title: string, tests: (server: () => PostgresServer) => void): void {
  const missing = postgresMissing();
  const reason = missing === undefined ? '' : `: ${missing}`;
  describe.skipIf(missing !== undefined)(`${title} (PostgreSQL)${reason}`, () => {
    let server: PostgresServer | undefined;
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(async () => {
      await server?.[Symbol.asyncDispose]();
    });
    tests(() => {
      if (server === undefined) throw new Error('the server is not started yet');
      return server;
    });
  });
}

/** An empty database on a server. */
export async function createPostgresDatabase(server: () => PostgresServer): Promise<PostgresOptions> {
  return { kind: 'postgres', url: server().url(await server().createDatabase()) };
}

function useSqlite(): StoreFixture {
  let directory = '';
  let count = 0;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'racetrack-db-'));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
  });
  return useStore(async () => {
    count += 1;
    return { kind: 'sqlite', path: join(directory, `${count}.db`) };
  });
}

function useStore(createEmpty: () => Promise<StoreOptions>): StoreFixture {
  let opened: { store: Store; options: StoreOptions } | undefined;
  beforeEach(async () => {
    const options = await createEmpty();
    opened = { options, store: await openStore(options) };
  });
  afterEach(async () => {
    await opened?.store.close();
    opened = undefined;
  });
  const current = (): { store: Store; options: StoreOptions } => {
    if (opened === undefined) throw new Error('the store is open only while a test runs');
    return opened;
  };
  return {
    createEmpty,
    get store() {
      return current().store;
    },
    get options() {
      return current().options;
    },
  };
}
