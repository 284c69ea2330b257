import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFeedRepository, createTokenRepository } from '@racetrack-platform/db';
import {
  listSubjectRecords,
  listTokenRecords,
  readSubjectRecord,
  readTokenRecord,
} from './account-records.ts';
import { grantPermission } from './grant-permission.ts';
import { openTestAccess, type TestAccess } from './open-test-access.ts';
import { hashToken } from './token-format.ts';

describe('the accounts in the feed', () => {
  let access: TestAccess;
  let token: string;
  let subjectId: string;

  beforeAll(async () => {
    access = await openTestAccess();
    token = await access.addUser('bob@example.com', ['read_job']);
    subjectId = await access.subjectIdOf('bob@example.com');
  });
  afterAll(async () => await access.close());

  const changesOf = async (work: () => Promise<unknown>) => {
    const feed = createFeedRepository(access.store.db);
    const before = await feed.currentRevision();
    await work();
    return (await feed.findChangesSince(before))?.changes;
  };

  test('hold tokens by their hash, never the token', async () => {
    const record = await readTokenRecord(access.store.db, hashToken(token));

    expect(record).toEqual({ kind: 'token', id: hashToken(token), subjectId, expiresAt: null });
    expect(await listTokenRecords(access.store.db)).toEqual([record]);
  });

  test('hold subjects with grants by the name of the family', async () => {
    const { result } = await access.store.transaction(
      async (trx) => await access.tokens.ensureFamilyToken(trx, 'adder'),
    );
    await access.store.transaction(async (trx) => {
      await grantPermission(trx, { subjectId, scope: 'call_job', familyId: result.familyId, endpoint: '/x' });
    });
    const record = await readSubjectRecord(access.store.db, subjectId);

    expect(record).toEqual({
      kind: 'subject',
      id: subjectId,
      caller: 'User bob@example.com',
      permissions: [
        { scope: 'read_job', family: null, jobId: null, endpoint: null },
        { scope: 'call_job', family: 'adder', jobId: null, endpoint: '/x' },
      ],
    });
    const family = { kind: 'subject', id: result.subjectId, caller: 'Job family adder', permissions: [] };
    expect(await listSubjectRecords(access.store.db)).toEqual(expect.arrayContaining([record, family]));
  });

  test('change with a new grant, but not when it is held already', async () => {
    const grant = async () =>
      await access.store.transaction(async (trx) => {
        await grantPermission(trx, { subjectId, scope: 'delete_job' });
      });

    expect(await changesOf(grant)).toEqual([{ kind: 'subject', id: subjectId }]);
    expect(await changesOf(grant)).toEqual([]);
  });

  test('make family, subject and token of a job once, and tell of them', async () => {
    const ensure = async () =>
      (await access.store.transaction(async (trx) => await access.tokens.ensureFamilyToken(trx, 'primer')))
        .result;
    let made: Awaited<ReturnType<typeof ensure>> | undefined;
    const changes = await changesOf(async () => (made = await ensure()));

    expect(changes).toEqual(
      expect.arrayContaining([
        { kind: 'subject', id: made?.subjectId },
        { kind: 'token', id: hashToken(made?.token ?? '') },
      ]),
    );
    expect(await ensure()).toEqual(made);
    expect(await access.authenticator.authenticateToken(made?.token ?? '')).toMatchObject({
      kind: 'job_family',
      name: 'primer',
      caller: 'Job family primer',
    });
  });

  test('lose a revoked token, and the record of a deactivated user', async () => {
    const other = await access.addUser('eve@example.com');
    const otherId = await access.subjectIdOf('eve@example.com');
    const row = await createTokenRepository(access.store.db).findByHash(hashToken(other));
    const revoke = async () =>
      await access.store.transaction(async (trx) => await access.tokens.revokeToken(trx, row?.id ?? ''));

    expect(await changesOf(revoke)).toEqual([{ kind: 'token', id: hashToken(other) }]);
    expect(await readTokenRecord(access.store.db, hashToken(other))).toBeUndefined();
    const deactivate = async () => await access.setActive('eve@example.com', false);
    expect(await changesOf(deactivate)).toEqual([{ kind: 'subject', id: otherId }]);
    expect(await readSubjectRecord(access.store.db, otherId)).toBeUndefined();
    expect((await listSubjectRecords(access.store.db)).map(({ id }) => id)).not.toContain(otherId);
  });
});
