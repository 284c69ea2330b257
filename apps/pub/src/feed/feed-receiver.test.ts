import type { FeedMessage } from '@racetrack-platform/contracts/processes';
import { describe, expect, test } from 'vitest';
import { buildJob } from '../testing/records.ts';
import { createFeedReceiver } from './feed-receiver.ts';
import { createLineSplitter } from './line-splitter.ts';
import type { Tables } from './tables.ts';

function setUp() {
  const world: { tables: Tables | undefined; applied: number[] } = { tables: undefined, applied: [] };
  const receive = createFeedReceiver({
    tables: () => world.tables,
    swap: (tables) => (world.tables = tables),
    onApplied: () => world.applied.push(world.tables?.revision ?? -1),
  });
  const send = (...messages: FeedMessage[]) => {
    for (const message of messages) receive(JSON.stringify(message));
  };
  const has = (name: string) => world.tables?.jobs.has(name, '1.0.0') === true;
  return { world, send, has };
}

const put = (name: string) => ({ type: 'put', record: buildJob({ name }) }) as const;
const begin = { type: 'begin', storeId: 's', revision: 5 } as const;
const end = { type: 'end', revision: 5 } as const;

describe('createFeedReceiver', () => {
  test('swaps a snapshot in at its end and not before', () => {
    const { world, send, has } = setUp();
    send(begin, put('a'));
    expect(world.tables).toBeUndefined();
    send(end);
    expect([has('a'), world.applied]).toEqual([true, [5]]);
  });

  test('applies changes at their commit and not before', () => {
    const { world, send, has } = setUp();
    send(begin, put('a'), end, put('b'), { type: 'remove', kind: 'job', id: 'a-1.0.0' });
    expect([has('a'), has('b')]).toEqual([true, false]);
    send({ type: 'commit', revision: 6 });
    expect([has('a'), has('b'), world.applied]).toEqual([false, true, [5, 6]]);
  });

  test('keeps the old tables while a second snapshot is on its way', () => {
    const { send, has } = setUp();
    send(begin, put('a'), end, { ...begin, storeId: 'other' }, put('b'));
    expect([has('a'), has('b')]).toEqual([true, false]);
    send(end);
    expect([has('a'), has('b')]).toEqual([false, true]);
  });

  test('does not let a ping end a change', () => {
    const { world, send } = setUp();
    send(begin, end, put('a'), { type: 'ping', revision: 9 });
    expect(world.tables?.revision).toBe(5);
  });

  test.each<[string, FeedMessage[]]>([
    ['a commit before a snapshot', [{ type: 'commit', revision: 1 }]],
    ['a commit within a snapshot', [begin, { type: 'commit', revision: 6 }]],
    ['a revision that goes back', [begin, end, { type: 'commit', revision: 4 }]],
  ])('throws on %s', (_title, messages) => {
    const { send } = setUp();
    expect(() => send(...messages)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
  });
});

describe('createLineSplitter', () => {
  test('gives the same lines however the bytes are cut', () => {
    const bytes = Buffer.from('eins\n\nzwölf\nrest');
    for (let size = 1; size <= bytes.length; size += 1) {
      const lines: string[] = [];
      const split = createLineSplitter(100, (line) => lines.push(line));
      for (let start = 0; start < bytes.length; start += size) split(bytes.subarray(start, start + size));
      expect(lines).toEqual(['eins', '', 'zwölf']);
    }
  });

  test.each(['x'.repeat(11), `${'x'.repeat(11)}\n`])('throws when a line is too long', (text) => {
    const split = createLineSplitter(10, () => {});
    expect(() => split(Buffer.from(text))).toThrow(/more than 10 bytes/);
  });
});
