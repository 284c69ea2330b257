import { expect, test } from 'vitest';
import { waitUntil } from '@racetrack-platform/testing';
import { openStore } from './open-store.ts';
import { createFeedRepository } from './repositories/feed-repository.ts';
import { describeStores } from './testing/describe-stores.ts';

describeStores('a store that another process changes', (fixture) => {
  test('tells of it, and of however many records at once', async () => {
    const heard: number[] = [];
    fixture.store.onFeedChanged((revision) => heard.push(revision));
    const other = await openStore(fixture.options);
    const { revision = 0 } = await other.transaction(async (trx) => {
      for (let count = 0; count < 12_000; count += 1) trx.feedChanged('token', `hash ${count}`);
    });
    await other.close();

    await waitUntil('the revision', () => heard.at(-1) === revision);
    const found = await createFeedRepository(fixture.store.db).findChangesSince(revision - 1);
    expect(found?.changes).toHaveLength(12_000);
  });
});
