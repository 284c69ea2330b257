import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EscAuthData, KeyDto, RotatedKeyDto } from '@racetrack-platform/contracts';
import {
  createMetaRepository,
  createPluginRepository,
  createReplicaRepository,
  openStore,
  type Store,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { fingerprintOf, openKeys } from '@racetrack-platform/keys';
import {
  createTemporaryDirectory,
  postgresMissing,
  startPostgres,
  type PostgresServer,
} from '@racetrack-platform/testing';
import { TestControl } from '../testing/start-test-control.ts';
import { createKeyRing } from './key-ring.ts';
import { rotateLiveKey, type RotateLiveDeps } from './rotate-live.ts';
import { watchKeys } from './watch-keys.ts';

describe('replacing keys while the platform runs', () => {
  let control: TestControl;
  let failpoints: string;

  beforeAll(async () => {
    await using directory = await createTemporaryDirectory();
    failpoints = `${directory.path}-failpoints.json`;
    control = await TestControl.start({ RACETRACK_FAILPOINTS: failpoints }, { isProcess: true });
    await control.request('POST', '/api/v1/escs', { name: 'Shop', id: 'shop' });
  });
  afterAll(async () => await control[Symbol.asyncDispose]());

  const listKeys = async () => (await (await control.request('GET', '/api/v1/keys')).json()) as KeyDto[];
  const fingerprint = async (name: string) =>
    (await listKeys()).find((key) => key.name === name)?.fingerprint ?? '';
  const rotate = async (name: string, given: string) =>
    await control.request('POST', `/api/v1/keys/${name}/rotate`, { fingerprint: given });
  const keyFile = async (name: string) =>
    await readFile(join(control.dataDir, 'keys', `${name}.key`), 'utf8');
  const tokenOfShop = async () => {
    const answer = await control.request('GET', '/api/v1/escs/shop/auth_data');
    return ((await answer.json()) as EscAuthData).tokens[0]?.token ?? '';
  };
  const isAccepted = async (token: string) =>
    (await control.request('GET', '/api/v1/users/validate_user_auth', undefined, token)).status === 200;
  const signIn = async () => {
    const body = { username: 'admin', password: 'control-tests-Pass-1' };
    const answer = await control.request('POST', '/api/v1/users/login', body, '');
    control.token = ((await answer.json()) as { token: string }).token;
  };

  test('a new secrets key is noticed by nobody', async () => {
    const [before, shop, former] = [
      await keyFile('secrets'),
      await tokenOfShop(),
      await fingerprint('secrets'),
    ];
    const answer = await rotate('secrets', former);
    const text = await answer.text();

    expect(answer.status).toBe(200);
    const { key, count, former_fingerprint } = JSON.parse(text) as RotatedKeyDto;
    expect({ former_fingerprint, isNew: key.fingerprint !== former }).toEqual({
      former_fingerprint: former,
      isNew: true,
    });
    expect(count).toBeGreaterThan(0);
    expect(key.made_at).toBeGreaterThan(Date.now() / 1_000 - 60);
    expect(await keyFile('secrets')).not.toBe(before);
    expect(text + JSON.stringify(await listKeys())).not.toContain((await keyFile('secrets')).trim());
    expect(await tokenOfShop()).toBe(shop);
    // Sent again, as after an answer that was lost.
    expect((await rotate('secrets', former)).status).toBe(409);
    expect(await fingerprint('secrets')).toBe(key.fingerprint);
  });

  test('a new auth key cuts off every former token at once, and whoever signs in has another', async () => {
    const [token, shop, former] = [control.token, await tokenOfShop(), await fingerprint('auth')];
    expect((await rotate('auth', former)).status).toBe(200);

    expect([await isAccepted(token), await isAccepted(shop)]).toEqual([false, false]);
    await signIn();
    expect(await isAccepted(control.token)).toBe(true);
    expect(await tokenOfShop()).not.toBe(shop);
    const log = await (await control.request('GET', '/api/v1/audit/events')).text();
    expect(log).toContain('"event_type":"keys_rotated","properties":{"key":"auth"');
  });

  test('killed while a key is replaced, everything is as it was', async () => {
    const [token, shop, former] = [control.token, await tokenOfShop(), await fingerprint('secrets')];
    await writeFile(failpoints, JSON.stringify({ name: 'before-audit-entry', remaining: 1, action: 'kill' }));
    await expect(rotate('secrets', former)).rejects.toThrow('fetch failed');
    await control.boot();

    expect([await fingerprint('secrets'), await tokenOfShop()]).toEqual([former, shop]);
    expect(await isAccepted(token)).toBe(true);
    expect((await rotate('secrets', former)).status).toBe(200);
    expect(await tokenOfShop()).toBe(shop);
  });

  test('is for staff alone', async () => {
    for (const [method, path, body] of [
      ['GET', '/api/v1/keys', undefined],
      ['POST', '/api/v1/keys/auth/rotate', { fingerprint: await fingerprint('auth') }],
    ] as const) {
      const answer = await control.request(method, path, body, await tokenOfShop());
      expect(answer.status).toBe(401);
    }
  });
});

describe('who replaces a key on a store', () => {
  const live = async (
    store: Store,
    dataDir: string,
    more: Partial<RotateLiveDeps> = {},
  ): Promise<RotateLiveDeps & { fingerprint: string }> => {
    const keys = createKeyRing(await openKeys({ dataDir, meta: createMetaRepository(store.db) }));
    const deps = {
      store,
      keys,
      sources: { dataDir },
      replicas: { id: 'this', findOthers: async () => [] },
      logger: pino({ level: 'silent' }),
      ...more,
    };
    return { ...deps, fingerprint: fingerprintOf('secrets', keys.current().secretsKey) };
  };
  const rotateSecrets = async (deps: RotateLiveDeps & { fingerprint: string }) =>
    await rotateLiveKey(deps, {
      name: 'secrets',
      fingerprint: deps.fingerprint,
      actor: { executor: 'admin' },
    });

  test.each([true, false])(
    'finds out what became of a commit whose answer was lost (it was made: %s)',
    async (isMade) => {
      await using directory = await createTemporaryDirectory();
      const store = await openStore({ kind: 'sqlite', path: join(directory.path, 'racetrack.db') });
      const lost = new PlatformError('STORE_UNAVAILABLE', 'the connection broke');
      const flaky: Store = {
        ...store,
        db: store.db,
        transaction: async (work) => {
          const breaks = store.transaction(async (trx) => {
            const result = await work(trx);
            if (!isMade) throw lost;
            return result;
          });
          await breaks;
          throw lost;
        },
      };
      const deps = await live(flaky, directory.path);
      const outcome = await rotateSecrets(deps).catch((error: unknown) => error);

      expect(outcome).toBe(isMade ? 0 : lost);
      const { secretsKey } = deps.keys.current();
      expect(fingerprintOf('secrets', secretsKey) === deps.fingerprint).toBe(!isMade);
      // Who starts now finds the same key, and what is sealed now can be opened then.
      const opened = await openKeys({ dataDir: directory.path, meta: createMetaRepository(store.db) });
      expect(opened.secretsKey).toBe(secretsKey);
      const sealed = deps.keys.sealer.seal('text', 'token:1');
      expect(createKeyRing(opened).sealer.open(sealed, 'token:1')).toBe('text');
      await store.close();
    },
  );

  test('seals the configurations of plugins anew, and no replica has to load a plugin again for it', async () => {
    await using directory = await createTemporaryDirectory();
    const store = await openStore({ kind: 'sqlite', path: join(directory.path, 'racetrack.db') });
    const deps = await live(store, directory.path);
    const bound = 'plugin_config:golang';
    const config = { name: 'golang', updatedBy: 'ann', updatedAt: 3 };
    const sealedText = deps.keys.sealer.seal('registry: example.org', bound);
    await store.transaction(
      async ({ db }) => await createPluginRepository(db).putConfig({ ...config, sealedText }),
    );
    const plugins = createPluginRepository(store.db);
    const revision = await plugins.revision();
    expect(await rotateSecrets(deps)).toBe(1);

    const after = await plugins.findConfig('golang');
    expect(after).toMatchObject(config);
    const opened = await openKeys({ dataDir: directory.path, meta: createMetaRepository(store.db) });
    expect(createKeyRing(opened).sealer.open(after?.sealedText ?? '', bound)).toBe('registry: example.org');
    expect(await plugins.revision()).toBe(revision);
    await store.close();
  });

  test('not a server whose key comes from outside, or is another than was meant', async () => {
    await using directory = await createTemporaryDirectory();
    const store = await openStore({ kind: 'sqlite', path: join(directory.path, 'racetrack.db') });
    const env = { secretsKey: 'ab'.repeat(32) };
    const deps = await live(store, directory.path);

    await expect(rotateSecrets({ ...deps, sources: { dataDir: directory.path, env } })).rejects.toMatchObject(
      {
        code: 'KEY_NOT_REPLACEABLE',
        hint: expect.stringContaining('npm start -- keys rotate secrets'),
      },
    );
    await expect(rotateSecrets({ ...deps, fingerprint: '0123' })).rejects.toMatchObject({
      code: 'KEY_NOT_REPLACEABLE',
    });
    await store.close();
  });

  const missing = postgresMissing();
  describe.skipIf(missing !== undefined)(`with others on it ${missing ?? ''}`, () => {
    let postgres: PostgresServer;
    beforeAll(async () => {
      postgres = await startPostgres();
    });
    afterAll(async () => await postgres[Symbol.asyncDispose]());

    test('nobody; and one that was away makes nothing with a key that was replaced meanwhile', async () => {
      await using directory = await createTemporaryDirectory();
      const store = await openStore({ kind: 'postgres', url: postgres.url(await postgres.createDatabase()) });
      const replicas = createReplicaRepository(store.db);
      const facts = { hostId: 'h', hostname: 'other-host', pid: 7, startedAt: 0 };
      const deps = await live(store, directory.path);
      const away = await live(store, directory.path);

      await replicas.heartbeat('other', facts, Date.now(), 60_000);
      await expect(rotateSecrets(deps)).rejects.toMatchObject({
        code: 'KEY_NOT_REPLACEABLE',
        message: expect.stringContaining('process 7 on other-host'),
      });
      await replicas.remove('other');
      await rotateSecrets(deps);
      expect(() => deps.keys.sealer.seal('text', 'token:1')).not.toThrow();
      (await watchKeys(deps))();
      await expect(watchKeys(away)).rejects.toMatchObject({ code: 'KEY_MISMATCH' });
      away.keys.retire('secrets');
      expect(() => away.keys.sealer.seal('text', 'token:1')).toThrow('replaced by another server');
      await store.close();
    });
  });
});
