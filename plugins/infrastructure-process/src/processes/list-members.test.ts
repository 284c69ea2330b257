import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CgroupManager } from '@racetrack-platform/sandbox';
import { createTemporaryDirectory } from '@racetrack-platform/testing';
import { describe, expect, test } from 'vitest';
import { listMembers } from './list-members.ts';
import { markEnvironment } from './process-marks.ts';
import type { ProcessEntry, ProcessTable } from './process-table.ts';

/** The user that the instance's jobs run as, and another one. */
const [ACCOUNT, STRANGER] = [1_950_000_000, 1_950_000_001];
const RECORD = { instanceId: 'i', pid: 100, startTime: '500', bootId: 'boot', startedAt: 1 };

describe('listMembers', () => {
  test('takes the whole session of a shim that lives', async () => {
    const members = await list([entry(100, 100, '500'), entry(101, 100, '501'), entry(7, 7, '1')]);

    expect(members).toEqual({ shim: 100, others: [101] });
  });

  test('takes nothing of a session whose number belongs to someone else now', async () => {
    const members = await list([entry(100, 100, '900'), entry(101, 100, '901')]);

    expect(members).toEqual({ shim: undefined, others: [] });
  });

  test('takes a session without its leader only when one member carries the mark', async () => {
    const remains = [entry(101, 100, '501'), entry(102, 100, '502')];

    expect(await list(remains)).toEqual({ shim: undefined, others: [] });
    expect(await list(remains, { 102: 'i' })).toEqual({ shim: undefined, others: [101, 102] });
  });

  test('takes what left the session with the mark, but nothing older than the shim', async () => {
    const entries = [entry(100, 100, '500'), entry(200, 200, '600'), entry(300, 300, '400')];

    expect(await list(entries, { 200: 'i', 300: 'i' })).toEqual({ shim: 100, others: [200] });
    expect(await list(entries, { 200: 'another' })).toEqual({ shim: 100, others: [] });
  });

  test.skipIf(process.getuid?.() !== 0)(
    'believes no marks of other users, nor of ours outside the session',
    async () => {
      const entries = [entry(200, 200, '600'), entry(300, 300, '700'), entry(400, 400, '800')];
      const marks = { 200: 'i', 300: 'i', 400: 'i' };
      const uids = { 300: STRANGER, 400: 0 };

      expect(await list(entries, marks, { uids })).toEqual({ shim: undefined, others: [200] });
    },
  );

  test.skipIf(process.getuid?.() !== 0)(
    'takes the group’s word, where it has one, for all marks',
    async () => {
      const entries = [entry(100, 100, '500'), entry(200, 200, '600'), entry(300, 300, '700')];

      expect(await list(entries, { 200: 'i' }, { group: [300] })).toEqual({ shim: 100, others: [300] });
      expect(await list(entries, { 200: 'i' }, { group: [] })).toEqual({ shim: 100, others: [200] });
    },
  );

  test('takes nothing by number after a restart of the machine', async () => {
    const members = await list(
      [entry(100, 100, '500'), entry(101, 100, '501')],
      {},
      { bootId: 'later boot' },
    );

    expect(members).toEqual({ shim: undefined, others: [] });
  });
});

function entry(pid: number, session: number, startTime: string): ProcessEntry {
  return { pid, session, startTime, cpuSeconds: 0 };
}

interface ListOptions {
  readonly bootId?: string;
  /** Of those that run as somebody else than the account. */
  readonly uids?: Readonly<Record<number, number>>;
  /** Pids in the control group. */
  readonly group?: readonly number[];
}

/** @param marks - pid to instance. */
async function list(
  entries: readonly ProcessEntry[],
  marks: Readonly<Record<number, string>> = {},
  { bootId = 'boot', uids = {}, group }: ListOptions = {},
): Promise<{ shim: number | undefined; others: number[] }> {
  const table: Pick<ProcessTable, 'list' | 'findEnvironment' | 'findUid'> = {
    list: () => Promise.resolve(entries),
    findEnvironment: (pid) => new Map(Object.entries(markEnvironment(marks[pid] ?? '', 'owner'))),
    findUid: (pid) => uids[pid] ?? ACCOUNT,
  };
  await using directory = await createTemporaryDirectory();
  writeInstance(directory.path);
  const open: unknown = { open: () => Promise.resolve({ pids: () => Promise.resolve(group) }) };
  const members = await listMembers(
    {
      table: table as ProcessTable,
      bootId,
      owner: 'owner',
      instancesDir: directory.path,
      cgroups: group === undefined ? null : (open as CgroupManager),
    },
    'i',
    RECORD,
  );
  return { shim: members.shim?.pid, others: members.others.map(({ pid }) => pid) };
}

function writeInstance(instancesDir: string): void {
  const record = {
    instanceId: 'i',
    job: { name: 'job', version: '1.0.0' },
    deploymentTimestamp: 1,
    address: { kind: 'unix', path: '/nowhere/s' },
    sourceDir: '/nowhere',
    environmentDir: '/nowhere',
    confinement: { account: { uid: ACCOUNT, gid: ACCOUNT }, isNamespaced: false, memoryMaxBytes: null },
  };
  mkdirSync(join(instancesDir, 'i'));
  writeFileSync(join(instancesDir, 'i', 'instance.json'), JSON.stringify(record));
}
