import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLineCutter } from './line-cutter.ts';

test('a line cutter loses nothing, cuts no character and keeps to its limit', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'é', '漢', '😀', '\n') });
  fc.assert(
    fc.property(text, fc.integer({ min: 4, max: 9 }), fc.integer({ min: 1, max: 9 }), (text, limit, size) => {
      const cutter = createLineCutter(limit);
      const bytes = Buffer.from(text);
      const lines: string[] = [];
      for (let at = 0; at < bytes.length; at += size)
        lines.push(...cutter.push(bytes.subarray(at, at + size)));
      lines.push(...cutter.flush());

      expect(lines.join('')).toBe(text.replaceAll('\n', ''));
      expect(lines.every((line) => Buffer.byteLength(line) <= limit)).toBe(true);
    }),
  );
});

test('a line cutter ends lines at line feeds, with or without a carriage return', () => {
  const cutter = createLineCutter(100);

  expect(cutter.push(Buffer.from('a\r\n\nb\rc\nd'))).toEqual(['a', '', 'b\rc']);
  expect(cutter.flush()).toEqual(['d']);
  expect(cutter.flush()).toEqual([]);
});
