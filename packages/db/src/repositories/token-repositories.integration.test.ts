import { expect, test } from 'vitest';
import { describeStores } from '../testing/describe-stores.ts';
import { createEscRepository } from './esc-repository.ts';
import { createSealedRepository } from './sealed-repository.ts';
import { createSubjectRepository } from './subject-repository.ts';
import { createTokenRepository } from './token-repository.ts';
import { createUserRepository } from './user-repository.ts';

describeStores('the repositories of accounts and tokens', (fixture) => {
  const addToken = async (id: string, subjectId: string, change: object = {}): Promise<void> => {
    const fixed = { name: null, expires_at: null, is_active: 1, created_at: 1, last_used_at: 5 } as const;
    const row = {
      id,
      subject_id: subjectId,
      hash: `hash ${id}`,
      sealed: `sealed ${id}`,
      ...fixed,
      ...change,
    };
    await createTokenRepository(fixture.store.db).insert(row);
  };
  const addEsc = async (id: string): Promise<string> => {
    await createEscRepository(fixture.store.db).insert({ id, name: id.toUpperCase() });
    return (await createSubjectRepository(fixture.store.db).ensureOfEsc(id)).id;
  };

  test('number users in their order, know names that differ in case, and count administrators', async () => {
    const users = createUserRepository(fixture.store.db);
    const fixed = { password_hash: 'x', created_at: 1, last_login_at: null } as const;
    await users.insert({ id: 'a', username: 'Ann@x.org', is_active: 1, is_staff: 1, ...fixed });
    await users.insert({ id: 'b', username: 'ben@x.org', is_active: 1, is_staff: 0, ...fixed });

    expect((await users.list()).map(({ username, number }) => [username, number])).toEqual([
      ['Ann@x.org', 1],
      ['ben@x.org', 2],
    ]);
    expect([await users.hasSimilarName('aNN@X.org'), await users.hasSimilarName('ann')]).toEqual([
      true,
      false,
    ]);
    expect(await users.countOtherAdministrators('a')).toBe(0);
    await users.setStaff('b', true);
    expect(await users.countOtherAdministrators('a')).toBe(1);
    await users.setActive('b', false);
    expect(await users.countOtherAdministrators('a')).toBe(0);
  });

  test('limit, replace, revoke and remove the tokens of one subject alone', async () => {
    const tokens = createTokenRepository(fixture.store.db);
    const [shop, other] = [await addEsc('shop'), await addEsc('other')];
    await addToken('forever', shop);
    await addToken('sooner', shop, { expires_at: 10 });
    await addToken('revoked', shop, { is_active: 0 });
    await addToken('named', shop, { name: 'ci', created_at: 0 });
    await addToken('others', other);

    expect((await tokens.findUsable(shop, 20))?.id).toBe('forever');
    expect((await tokens.limitExpiry(shop, 20)).sort((a, b) => a.localeCompare(b))).toEqual([
      'hash forever',
      'hash named',
    ]);
    await tokens.replaceText('forever', { hash: 'new', sealed: 'new' });
    expect(await tokens.findByHash('new')).toMatchObject({
      id: 'forever',
      expires_at: 20,
      last_used_at: null,
    });
    expect(await tokens.delete('others', shop)).toBeUndefined();
    expect(await tokens.delete('named', shop)).toBe('hash named');
    expect(await tokens.deactivateAll(shop)).toHaveLength(2);
    expect(await tokens.listOfKind('esc')).toHaveLength(4);
    expect(await tokens.listOfSubject(other)).toMatchObject([
      { id: 'others', expires_at: null, is_active: 1 },
    ]);
  });

  test('remove an external service with its subject and tokens, and take no id twice', async () => {
    const escs = createEscRepository(fixture.store.db);
    const subject = await addEsc('shop');
    await addToken('t', subject);

    expect(await escs.insert({ id: 'shop', name: 'Another' })).toBe(false);
    expect(await createSubjectRepository(fixture.store.db).findByEsc('shop')).toMatchObject({
      id: subject,
      name: 'SHOP',
      claim: 'shop',
    });
    await escs.delete('shop');
    expect(await createTokenRepository(fixture.store.db).findByHash('hash t')).toBeUndefined();
    expect(await createSubjectRepository(fixture.store.db).listOfKind('esc')).toEqual([]);
  });

  test('walk through sealed texts page by page', async () => {
    const sealed = createSealedRepository(fixture.store.db);
    const subject = await addEsc('shop');
    for (const id of ['b', 'c', 'a']) await addToken(id, subject);
    await sealed.replace('token', { id: 'a', sealed: 'anew' });

    expect(await sealed.list('token', '', 2)).toEqual([
      { id: 'a', sealed: 'anew' },
      { id: 'b', sealed: 'sealed b' },
    ]);
    expect(await sealed.list('token', 'b', 2)).toEqual([{ id: 'c', sealed: 'sealed c' }]);
    expect(await sealed.list('deployment', '', 2)).toEqual([]);
  });
});
