import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLineSplitter } from './line-splitter.ts';

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
});

function collectLines(maxBytes: number): {
  push: (chunk: Buffer) => void;
  received: string[];
  tooLong: () => number;
} {
  const received: string[] = [];
  let count = 0;
  const push = createLineSplitter({
    maxBytes,
    onLine: (line) => received.push(line),
    onTooLong: () => {
      count += 1;
    },
  });
  return { push, received, tooLong: () => count };
}
