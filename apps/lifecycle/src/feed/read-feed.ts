import type { FeedKind, FeedRecord, SubjectRecord, TokenRecord } from '@racetrack-platform/contracts';
import { createFeedRepository, fromJson, type FeedChange, type Queryable } from '@racetrack-platform/db';
import { listJobRoutes, readJobRoute } from './read-job-route.ts';
import { listPinRecords, readPinRecord } from './read-pin.ts';

/** What the accounts half of lifecycle contributes to the feed. */
export interface AccountRecords {
  readTokenRecord(db: Queryable, hash: string): Promise<TokenRecord | undefined>;
  readSubjectRecord(db: Queryable, subjectId: string): Promise<SubjectRecord | undefined>;
  listTokenRecords(db: Queryable): Promise<TokenRecord[]>;
  listSubjectRecords(db: Queryable): Promise<SubjectRecord[]>;
}

/** Every record of the feed with the revision they belong to. Call it in one transaction. */
export async function readSnapshot(
  accounts: AccountRecords,
  db: Queryable,
): Promise<{ revision: number; records: FeedRecord[] }> {
  const revision = await createFeedRepository(db).currentRevision();
  const settings = await db.selectFrom('setting').selectAll().execute();
  const records: FeedRecord[] = [
    ...settings.map((row) => ({ kind: 'setting' as const, id: row.name, value: fromJson(row.value) })),
    ...(await accounts.listSubjectRecords(db)),
    ...(await accounts.listTokenRecords(db)),
    ...(await listJobRoutes(db)),
    ...(await listPinRecords(db)),
  ];
  return { revision, records };
}

/** One changed record as it is now; `undefined` when it is gone. */
export async function readRecord(
  accounts: AccountRecords,
  db: Queryable,
  change: FeedChange,
): Promise<FeedRecord | undefined> {
  const readers: Record<FeedKind, () => Promise<FeedRecord | undefined>> = {
    job: async () => await readJobRoute(db, change.id),
    token: async () => await accounts.readTokenRecord(db, change.id),
    subject: async () => await accounts.readSubjectRecord(db, change.id),
    setting: async () => await readSetting(db, change.id),
    pin: async () => await readPinRecord(db, change.id),
  };
  return await readers[change.kind]();
}

async function readSetting(db: Queryable, name: string): Promise<FeedRecord | undefined> {
  const row = await db.selectFrom('setting').selectAll().where('name', '=', name).executeTakeFirst();
  return row && { kind: 'setting', id: row.name, value: fromJson(row.value) };
}
