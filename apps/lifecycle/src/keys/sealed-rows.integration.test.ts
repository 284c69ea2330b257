import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTestAccess, type TestAccess } from '../auth/open-test-access.ts';
import { openSecrets, sealSecrets } from '../deployments/deployment-secrets.ts';
import { createSealer } from './sealer.ts';

describe('sealed values in the store', () => {
  let access: TestAccess;

  beforeEach(async () => {
    access = await openTestAccess();
  });

  afterEach(async () => {
    await access.close();
  });

  test('swapped between the tokens of two users, neither is opened', async () => {
    await access.addUser('ann@example.com');
    await access.addUser('bob@example.com');
    const { db } = access.store;
    const [ann, bob] = await db.selectFrom('token').select(['id', 'sealed']).execute();
    if (ann === undefined || bob === undefined) throw new Error('there should be two tokens');
    await db.updateTable('token').set({ sealed: bob.sealed }).where('id', '=', ann.id).execute();
    await db.updateTable('token').set({ sealed: ann.sealed }).where('id', '=', bob.id).execute();

    for (const name of ['ann@example.com', 'bob@example.com']) {
      await expect(access.accounts.getProfile(name)).rejects.toThrow('altered or belongs to another row');
    }
  });

  test('moved from one deployment to another, secrets are not opened', () => {
    const sealer = createSealer('07'.repeat(32));
    const secrets = { gitCredentials: null, buildEnv: {}, runtimeEnv: { PASSWORD: 'of the first' } };
    const sealed = sealSecrets(sealer, 'first', secrets);

    expect(openSecrets(sealer, 'first', sealed)).toEqual(secrets);
    expect(() => openSecrets(sealer, 'second', sealed)).toThrow('altered or belongs to another row');
  });
});
