import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLineSplitter, LONG_LINE_BYTES } from './line-splitter.ts';

describe('createLineSplitter', () => {
  test('gives the same lines wherever the bytes are cut', () => {
    const lines = fc.array(
      fc.string({ unit: 'grapheme' }).filter((text) => !/\n/.test(text) && text.trim() !== ''),
    );
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 7 }), (expected, size) => {
        const { push, received } = collectLines(1_000_000);
        const bytes = Buffer.from(expected.map((line) => `${line}\n`).join(''));
        for (let at = 0; at < bytes.length; at += size) push(bytes.subarray(at, at + size));

        expect(received).toEqual(expected);
      }),
    );
  });

  test('drops a line that is too long, tells it once and goes on after it', () => {
    const { push, received, tooLong } = collectLines(4);

    for (const chunk of ['12', '345', '6789', '0\nabcd', '\nabcde\nend\n']) push(Buffer.from(chunk));

    expect(received).toEqual(['abcd', 'end']);
    expect(tooLong()).toBe(2);
  });

  test('asks once whether a line may be long, and drops one that may not', () => {
    const asked: string[] = [];
    const { push, received, tooLong } = collectLines(1_000_000, (start) => {
      asked.push(start.slice(0, 3));
      return start.startsWith('yes');
    });
    const long = 'x'.repeat(2 * LONG_LINE_BYTES);

    for (const piece of `yes${long}\nno.${long}\nshort\n`.match(/[^]{1,1000}/g) ?? [])
      push(Buffer.from(piece));

    expect(received).toEqual([`yes${long}`, 'short']);
    expect(asked).toEqual(['yes', 'no.']);
    expect(tooLong()).toBe(1);
  });
});

function collectLines(
  maxBytes: number,
  mayBeLong?: (start: string) => boolean,
): {
  push: (chunk: Buffer) => void;
  received: string[];
  tooLong: () => number;
} {
  const received: string[] = [];
  let count = 0;
  const push = createLineSplitter({
    maxBytes,
    ...(mayBeLong && { mayBeLong }),
    onLine: (line) => received.push(line),
    onTooLong: () => {
      count += 1;
    },
  });
  return { push, received, tooLong: () => count };
}
