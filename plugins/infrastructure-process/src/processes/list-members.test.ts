import { describe, expect, test } from 'vitest';
import { listMembers } from './list-members.ts';
import { markEnvironment } from './process-marks.ts';
import type { ProcessEntry, ProcessTable } from './process-table.ts';

const RECORD = { instanceId: 'i', pid: 100, startTime: '500', bootId: 'boot', startedAt: 1 };

describe('listMembers', () => {
  test('takes the whole session of a shim that lives', async () => {
    const members = await list([process(100, 100, '500'), process(101, 100, '501'), process(7, 7, '1')]);

    expect(members).toEqual({ shim: 100, others: [101] });
  });

  test('takes nothing of a session whose number belongs to someone else now', async () => {
    const members = await list([process(100, 100, '900'), process(101, 100, '901')]);

    expect(members).toEqual({ shim: undefined, others: [] });
  });

  test('takes a session without its leader only when one member carries the mark', async () => {
    const remains = [process(101, 100, '501'), process(102, 100, '502')];

    expect(await list(remains)).toEqual({ shim: undefined, others: [] });
    expect(await list(remains, { 102: 'i' })).toEqual({ shim: undefined, others: [101, 102] });
  });

  test('takes what left the session with the mark, but nothing older than the shim', async () => {
    const entries = [process(100, 100, '500'), process(200, 200, '600'), process(300, 300, '400')];

    expect(await list(entries, { 200: 'i', 300: 'i' })).toEqual({ shim: 100, others: [200] });
    expect(await list(entries, { 200: 'another' })).toEqual({ shim: 100, others: [] });
  });

  test('takes nothing by number after a restart of the machine', async () => {
    const members = await list([process(100, 100, '500'), process(101, 100, '501')], {}, 'later boot');

    expect(members).toEqual({ shim: undefined, others: [] });
  });
});

function process(pid: number, session: number, startTime: string): ProcessEntry {
  return { pid, session, startTime, cpuSeconds: 0 };
}

/** @param marks - pid to instance. */
async function list(
  entries: readonly ProcessEntry[],
  marks: Readonly<Record<number, string>> = {},
  bootId = 'boot',
): Promise<{ shim: number | undefined; others: number[] }> {
  const table: Pick<ProcessTable, 'list' | 'findEnvironment'> = {
    list: () => Promise.resolve(entries),
    findEnvironment: (pid) => new Map(Object.entries(markEnvironment(marks[pid] ?? '', 'owner'))),
  };
  const members = await listMembers({ table: table as ProcessTable, bootId, owner: 'owner' }, 'i', RECORD);
  return { shim: members.shim?.pid, others: members.others.map(({ pid }) => pid) };
}
