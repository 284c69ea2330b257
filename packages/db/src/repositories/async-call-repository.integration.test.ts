import { expect, test } from 'vitest';
import { createAsyncCallRepository, createGraphRepository, type AsyncCallRow } from '../index.ts';
import { describeStores } from '../testing/describe-stores.ts';
import { fillWithRandomRows } from '../testing/random-rows.ts';

const CALL: AsyncCallRow = {
  id: 'c',
  status: 'ongoing',
  started_at: 10,
  ended_at: null,
  error: null,
  job_name: 'adder',
  job_version: '1.0.0',
  job_path: '/perform',
  request_method: 'POST',
  request_url: '/',
  request_headers: '{}',
  request_body: '\0\u00ff\ud800"',
  response_status_code: null,
  response_headers: null,
  response_body: '',
  attempts: 0,
  pub_instance_addr: '',
  retriable_error: 0,
};

describeStores('calls', (fixture) => {
  test('asynchronous ones keep any body, are replaced, and are purged by age', async () => {
    const calls = createAsyncCallRepository(fixture.store.db);
    await calls.put(CALL);
    await calls.put({ ...CALL, attempts: 2 });
    await calls.put({ ...CALL, id: 'young', started_at: 20 });

    expect(await calls.find('c')).toEqual({ ...CALL, attempts: 2 });
    expect(await calls.purge(20)).toBe(1);
    expect([await calls.find('c'), await calls.delete('young'), await calls.delete('young')]).toEqual([
      undefined,
      true,
      false,
    ]);
  });

  test('are drawn from services and job families, never from users', async () => {
    await fillWithRandomRows(fixture.store, 6, 3);
    const { db } = fixture.store;
    await db.updateTable('permission').set({ scope: 'call_job' }).execute();
    const graph = createGraphRepository(db);
    const users = await db.selectFrom('subject').select('id').where('kind', '=', 'user').execute();
    const callers = new Set((await graph.listCallers()).map(({ subjectId }) => subjectId));

    expect([callers.size, users.length]).toEqual([4, 2]);
    for (const { subjectId } of await graph.listCallGrants()) expect(callers).toContain(subjectId);
    for (const { subjectId } of await graph.listCalls()) expect(callers).toContain(subjectId);
    expect((await graph.listCallGrants()).length + (await graph.listCalls()).length).toBe(8);
  });
});
