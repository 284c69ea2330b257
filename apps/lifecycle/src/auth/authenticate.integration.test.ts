import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEscRepository, createSubjectRepository, createTokenRepository } from '@racetrack-platform/db';
import { TUTORIAL_AUTH_KEY } from '@racetrack-platform/keys';
import { openTestAccess, type TestAccess } from './open-test-access.ts';
import { hashToken, signToken } from './token-format.ts';

const DAY_MS = 86_400_000;

describe('an authenticator', () => {
  let access: TestAccess;
  let token: string;

  beforeAll(async () => {
    access = await openTestAccess({ nowMs: Date.UTC(2026, 0, 1, 12) });
    token = await access.addUser('bob@example.com', ['read_job'], { isStaff: true });
  });
  afterAll(async () => await access.close());

  const authenticate = async (value: string, header = 'x-racetrack-auth') =>
    await access.authenticator.authenticate({ [header]: value });
  const refused = (message: string) => expect.objectContaining({ code: 'NOT_AUTHENTICATED', message });
  const ownerOf = async (username: string) => ({
    subjectId: await access.subjectIdOf(username),
    kind: 'user' as const,
    claim: username,
  });

  test('says who sent the token, with all grants', async () => {
    expect(await authenticate(token)).toEqual({
      subjectId: await access.subjectIdOf('bob@example.com'),
      kind: 'user',
      name: 'bob@example.com',
      caller: 'User bob@example.com',
      isStaff: true,
      permissions: [{ scope: 'read_job', family: null, jobId: null, endpoint: null }],
      tokenId: expect.any(String),
    });
  });

  test.each(['x-racetrack-user-auth', 'x-racetrack-esc-auth'])(
    'takes the legacy header %s',
    async (header) => {
      expect(await authenticate(token, header)).toMatchObject({ name: 'bob@example.com' });
    },
  );

  test.each([[{}], [{ 'x-racetrack-auth': ' ' }], [{ cookie: 'X-Racetrack-Auth=abc' }]])(
    'misses the token in %j',
    async (headers) => {
      await expect(access.authenticator.authenticate(headers)).rejects.toThrow(
        refused('auth token not found in a header X-Racetrack-Auth'),
      );
    },
  );

  test('refuses a token that was signed right, but is not in the store', async () => {
    const stranger = signToken(TUTORIAL_AUTH_KEY, {
      seed: 'x',
      subject: 'bob@example.com',
      subject_type: 'user',
    });

    await expect(authenticate(stranger)).rejects.toThrow(
      refused('wrong credentials: token is unknown: token was not found in the database'),
    );
  });

  test('takes a token without a signature, as old releases gave external services, only when its text is known', async () => {
    const legacy = Buffer.from('{"esc-id": "shop", "api-key": "sesame"}').toString('base64');
    await expect(authenticate(legacy)).rejects.toThrow(
      refused('wrong credentials: token is unknown: token was not found in the database'),
    );
    await access.store.transaction(async (trx) => {
      await createEscRepository(trx.db).insert({ id: 'shop', name: 'Shop' });
      const subject = await createSubjectRepository(trx.db).ensureOfEsc('shop');
      await createTokenRepository(trx.db).insert({
        id: 'legacy',
        subject_id: subject.id,
        name: null,
        hash: hashToken(legacy),
        sealed: 'not looked at',
        expires_at: null,
        is_active: 1,
        created_at: 1,
        last_used_at: null,
      });
    });

    expect(await authenticate(legacy)).toMatchObject({ kind: 'esc', caller: 'ESC Shop' });
  });

  test('refuses internal tokens, which need no store elsewhere', async () => {
    const internal = signToken(TUTORIAL_AUTH_KEY, { seed: 'x', subject: 'pub', subject_type: 'internal' });

    await expect(authenticate(internal)).rejects.toThrow(
      refused('invalid JWT token: internal tokens are not accepted'),
    );
  });

  test('refuses a revoked token', async () => {
    const owner = await ownerOf('bob@example.com');
    const { result } = await access.store.transaction(async (trx) => {
      const { token: text } = await access.tokens.createToken(trx, owner);
      const row = await createTokenRepository(trx.db).findByHash(hashToken(text));
      expect(await access.tokens.revokeToken(trx, row?.id ?? '')).toBe(true);
      return text;
    });

    await expect(authenticate(result)).rejects.toThrow(refused('given access token has been revoked'));
  });

  test('refuses an expired token', async () => {
    const owner = await ownerOf('bob@example.com');
    const expiresAt = access.clock.nowMs + 1_000;
    const { result } = await access.store.transaction(
      async (trx) => (await access.tokens.createToken(trx, owner, { expiresAt })).token,
    );

    expect(await authenticate(result)).toMatchObject({ name: 'bob@example.com' });
    access.clock.nowMs = expiresAt;
    await expect(authenticate(result)).rejects.toThrow(refused('given access token has expired'));
  });

  test("refuses a deactivated user's tokens, and takes them again afterwards", async () => {
    const other = await access.addUser('eve@example.com');
    await access.setActive('eve@example.com', false);

    await expect(authenticate(other)).rejects.toThrow(refused('User eve@example.com is not active'));
    await access.setActive('eve@example.com', true);
    expect(await authenticate(other)).toMatchObject({ name: 'eve@example.com' });
  });

  test('notes the use of a token once a day', async () => {
    const lastUse = async () =>
      (await createTokenRepository(access.store.db).findByHash(hashToken(token)))?.last_used_at;
    await authenticate(token);
    const first = await lastUse();
    access.clock.nowMs += 3_600_000;
    await authenticate(token);

    expect(await lastUse()).toBe(first);
    access.clock.nowMs += DAY_MS;
    await authenticate(token);
    expect(await lastUse()).toBe(access.clock.nowMs);
  });
});
