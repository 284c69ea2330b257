import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { waitUntil } from '@racetrack-platform/testing';
import {
  createDeploymentRepository,
  createFeedRepository,
  createLeaseRepository,
  createUidRepository,
  openStore,
  type Store,
  type StoreOptions,
} from '../index.ts';
import { aDeployment } from '../testing/rows.ts';
import { createPostgresDatabase, describePostgres } from '../testing/describe-stores.ts';

const times = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describePostgres('several processes on one store', (server) => {
  /** Two stores stand for two processes: they share nothing but the database. */
  async function openTwo(): Promise<{ stores: [Store, Store] } & AsyncDisposable> {
    const options = await createPostgresDatabase(server);
    const stores: [Store, Store] = [await openStore(options), await openStore(options)];
    return {
      stores,
      [Symbol.asyncDispose]: async () => void (await Promise.all(stores.map(async (store) => store.close()))),
    };
  }

  test('starters at the same time agree on one schema', async () => {
    const options = await createPostgresDatabase(server);
    const stores = await Promise.all(times(4).map(async () => await openStore(options)));

    expect(await createFeedRepository(stores[3]?.db ?? fail()).currentRevision()).toBe(0);
    await Promise.all(stores.map(async (store) => await store.close()));
  });

  test('revisions have no gaps, and nobody sees a later one before an earlier one', async () => {
    await using two = await openTwo();
    const [, observer] = two.stores;
    const seen: boolean[] = [];
    const stop = new AbortController();
    const observing = (async () => {
      while (!stop.signal.aborted) {
        const row = await observer.db
          .selectFrom('feed_change')
          .select((eb) => [eb.fn.countAll<number>().as('count'), eb.fn.max('revision').as('newest')])
          .executeTakeFirstOrThrow();
        seen.push(row.count === (row.newest ?? 0));
      }
    })();

    const change = async (store: Store, name: string): Promise<number> => {
      const { result, revision } = await store.transaction(async (trx) => {
        const next = await trx.nextRevision();
        await trx.db
          .insertInto('setting')
          .values({ name, value: String(next) })
          .execute();
        trx.feedChanged('setting', name);
        return next;
      });
      expect(result).toBe(revision);
      return result;
    };
    const given = await Promise.all(
      two.stores.flatMap((store, process) =>
        times(20).map(async (writer) => {
          const revisions: number[] = [];
          for (const round of times(10)) revisions.push(await change(store, `${process} ${writer} ${round}`));
          return revisions;
        }),
      ),
    );
    const revisions = given.flat();
    stop.abort();
    await observing;

    expect(revisions.sort((a, b) => a - b)).toEqual(times(400).map((index) => index + 1));
    expect(seen.every(Boolean)).toBe(true);
  });

  test('each deployment is claimed by exactly one driver', async () => {
    await using two = await openTwo();
    const [first] = two.stores;
    for (const index of times(40)) {
      const row = aDeployment({ id: `d-${index}`, job_name: `job-${index}` });
      await createDeploymentRepository(first.db).insert(row);
    }
    const claims = await Promise.all(
      two.stores.flatMap((store, process) =>
        times(5).map(async (driver) => {
          const ids: string[] = [];
          const repository = createDeploymentRepository(store.db);
          for (;;) {
            const row = await repository.claimNext(`${process}-${driver}`, `h-${process}`, 1, 60_000, []);
            if (row === undefined) return ids;
            ids.push(row.id);
          }
        }),
      ),
    );

    expect(claims.flat().sort()).toEqual(
      times(40)
        .map((index) => `d-${index}`)
        .sort(),
    );
  });

  test('of many that deploy the same version at once, one may', async () => {
    await using two = await openTwo();
    const attempts = await Promise.allSettled(
      two.stores.flatMap((store, process) =>
        times(10).map(
          async (index) =>
            await createDeploymentRepository(store.db).insert(aDeployment({ id: `${process}-${index}` })),
        ),
      ),
    );

    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(
      attempts.flatMap((attempt) => (attempt.status === 'rejected' ? [attempt.reason.code] : [])),
    ).toEqual(times(19).map(() => 'DEPLOYMENT_IN_PROGRESS'));
  });

  test('a lease never has two holders of one epoch', async () => {
    await using two = await openTwo();
    const holders = new Map<number, Set<string>>();
    for (const round of times(20)) {
      await Promise.all(
        two.stores.flatMap((store, process) =>
          times(3).map(async (index) => {
            const owner = `${round}-${process}-${index}`;
            const epoch = await createLeaseRepository(store.db).acquire('r', owner, 1000 + round * 100, 50);
            if (epoch === undefined) return;
            holders.set(epoch, (holders.get(epoch) ?? new Set()).add(owner));
          }),
        ),
      );
    }

    expect(holders.size).toBe(20);
    expect([...holders.values()].map(({ size }) => size)).toEqual(times(20).map(() => 1));
  });

  test('a user id goes to one job, and a job has one', async () => {
    await using two = await openTwo();
    const allocate = async (store: Store, version: string): Promise<number> =>
      (
        await store.transaction(async ({ db }) => {
          const uids = createUidRepository(db);
          await uids.ensureRange('host');
          return await uids.allocate('host', 'adder', version);
        })
      ).result;
    const given = await Promise.all(
      two.stores.flatMap((store) => times(50).map(async (index) => await allocate(store, String(index)))),
    );

    expect(new Set(given).size).toBe(50);
    expect(given.slice(0, 50)).toEqual(given.slice(50));
  });

  test('a change is announced to the other process, also after its connections were cut', async () => {
    await using two = await openTwo();
    const [writer, reader] = two.stores;
    const heard: number[] = [];
    reader.onFeedChanged((revision) => heard.push(revision));
    const change = async () =>
      (await writer.transaction(async (trx) => trx.feedChanged('setting', 'a'))).revision;

    await change();
    await waitUntil('the first change', () => heard.includes(1));
    await cutConnections(writer);
    await change();
    await waitUntil('the second change', () => heard.includes(2));
    expect(heard).toEqual([1, 2]);
  });

  test('a connection that was cut while idle is no failure', async () => {
    await using two = await openTwo();
    const [store, other] = two.stores;
    await Promise.all(times(5).map(async () => await store.db.selectFrom('meta').selectAll().execute()));
    await cutConnections(other);

    const write = async () =>
      await store.transaction(async ({ db }) => await db.deleteFrom('meta').execute());
    await expect(write()).resolves.toBeDefined();
    await cutConnections(other);
    await expect(store.db.selectFrom('meta').selectAll().execute()).resolves.toEqual([]);
    await cutConnections(other);
    await expect(store.db.deleteFrom('meta').execute()).resolves.toBeDefined();
  });

  test('who waited in vain for its turn leaves nothing behind on the connection', async () => {
    const options = await createPostgresDatabase(server);
    const first = await openStore(options);
    const second = await openStore({ ...options, poolSize: 1 });
    const write = async () => await second.db.deleteFrom('meta').execute();
    let waiting: Promise<unknown> = Promise.resolve();
    await first.transaction(async ({ db }) => {
      waiting = write().catch((error: unknown) => error);
      await waitUntil('the second to wait', async () => {
        const cancelled = await sql`select pg_cancel_backend(pid) from pg_stat_activity
          where datname = current_database() and wait_event = 'advisory'`.execute(db);
        return cancelled.rows.length > 0;
      });
    });

    expect(await waiting).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(write()).resolves.toBeDefined();
    await expect(second.db.selectFrom('meta').selectAll().execute()).resolves.toEqual([]);
    await Promise.all([first.close(), second.close()]);
  });

  test('a write outside a transaction waits for the transaction of another process', async () => {
    await using two = await openTwo();
    const [first, second] = two.stores;
    const order: string[] = [];
    let late: Promise<unknown> = Promise.resolve();
    await first.transaction(async ({ db }) => {
      late = second.db
        .insertInto('setting')
        .values({ name: 'b', value: '1' })
        .execute()
        .then(() => order.push('late'));
      for (const name of ['x', 'y', 'z']) {
        await sql`select pg_sleep(0.05)`.execute(db);
        await db.insertInto('setting').values({ name, value: '1' }).execute();
      }
      order.push('transaction');
    });
    await late;

    expect(order).toEqual(['transaction', 'late']);
  });
});

describePostgres('a server that goes away', (server) => {
  test('takes unfinished work with it, and its users go on by themselves when it is back', async () => {
    const options = await createPostgresDatabase(server);
    const store = await openStore(options);
    const heard: number[] = [];
    store.onFeedChanged((revision) => heard.push(revision));
    const interrupted = store.transaction(async (trx) => {
      await trx.db.insertInto('setting').values({ name: 'half', value: '1' }).execute();
      trx.feedChanged('setting', 'half');
      await server().stop('immediate');
    });

    await expect(interrupted).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    const read = async () => await store.db.selectFrom('setting').select('name').execute();
    await expect(read()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(openStore(options)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });

    await server().start();
    expect(await read()).toEqual([]);
    const { revision } = await store.transaction(async (trx) => trx.feedChanged('setting', 'a'));
    expect([revision, heard]).toEqual([1, [1]]);
    await store.close();
  });

  test('answers wrong credentials without showing them', async () => {
    const database = await server().createDatabase();
    const open = async (url: string) => await openStore({ kind: 'postgres', url });
    const wrong = server().url(database).replace(server().password, 'wrong-secret');

    const failure: unknown = await open(wrong).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      hint: expect.stringContaining('DATABASE_URL'),
    });
    expect(String(failure)).not.toContain('wrong-secret');
    await expect(open(server().url('no_such'))).rejects.toThrow('database "no_such" does not exist');
  });

  test('is given up when it takes the connection and says nothing', async () => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => void sockets.add(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const options: StoreOptions = { kind: 'postgres', url: `postgres://u@127.0.0.1:${port}/db` };

    await expect(openStore(options)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  test('refuses a number that would lose digits', async () => {
    const store = await openStore(await createPostgresDatabase(server));

    await expect(sql`select 9007199254740993 as big`.execute(store.db)).rejects.toThrow('too large');
    expect((await sql`select 9007199254740991 as big`.execute(store.db)).rows).toEqual([
      { big: 9_007_199_254_740_991 },
    ]);
    await store.close();
  });

  test('can be reached by its Unix socket', async () => {
    const store = await openStore({
      kind: 'postgres',
      url: server().socketUrl(await server().createDatabase()),
    });

    expect(await createFeedRepository(store.db).currentRevision()).toBe(0);
    await store.close();
  });
});

async function cutConnections(store: Store): Promise<void> {
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`.execute(store.db);
}

function fail(): never {
  throw new Error('missing');
}
