import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteStore } from '@racetrack-platform/db';
import { createTemporaryDirectory } from '@racetrack-platform/testing';
import { expect, test } from 'vitest';
import { createJobAccounts } from './job-accounts.ts';
import { createKeptData } from './kept-data.ts';

const TARGET = { runs: 'native', scope: 'host' } as const;

test('versions of a family have one number, which nobody else gets as long as there are files of theirs', async () => {
  await using directory = await createTemporaryDirectory();
  const store = await openSqliteStore(join(directory.path, 'store.db'));
  try {
    const data = createKeptData(directory.path);
    const accounts = createJobAccounts({ store, hostId: 'host', isEnabled: true, data });
    const first = await accounts.get(TARGET, { name: 'Counter', version: '1.0.0' });
    const second = await accounts.get(TARGET, { name: 'Counter', version: '2.0.0' });
    const other = await accounts.get(TARGET, { name: 'counter', version: '1.0.0' });
    for (const name of ['~43ounter', 'counter']) mkdirSync(join(directory.path, name));
    writeFileSync(join(directory.path, '~43ounter', 'state'), '');

    expect(first).toEqual(second);
    expect(other).not.toEqual(first);
    expect(await accounts.releaseUnused()).toBe(1);
    expect(existsSync(join(directory.path, 'counter'))).toBe(false);

    rmSync(join(directory.path, '~43ounter'), { recursive: true });
    expect(await accounts.releaseUnused()).toBe(1);
  } finally {
    await store.close();
  }
});
