import { describe, expect, test } from 'vitest';
import { createLineSplitter } from './line-splitter.ts';
import { createRedactor } from './redact.ts';

function split(chunks: readonly (string | Buffer)[], secrets: readonly string[] = []): string[] {
  const lines: string[] = [];
  const splitter = createLineSplitter(createRedactor(secrets), (text) => lines.push(...text.split('\n')));
  for (const chunk of chunks) splitter.push(Buffer.from(chunk as string));
  splitter.end();
  return lines;
}

describe('createLineSplitter', () => {
  test('puts lines together from chunks, the last one without its line feed too', () => {
    expect(split(['one\ntw', 'o\r\n', '\nthree'])).toEqual(['one', 'two', '', 'three']);
  });

  test('keeps a character together that two chunks share', () => {
    const bytes = Buffer.from('ż\n');

    expect(split([bytes.subarray(0, 1), bytes.subarray(1)])).toEqual(['ż']);
  });

  test('takes the last state of a progress bar', () => {
    expect(split(['10%\r50%\r100%\n'])).toEqual(['100%']);
  });

  test('hides a secret that chunks tear apart', () => {
    expect(split(['it is hun', 'ter22', '\n'], ['hunter22'])).toEqual(['it is ***']);
  });

  test('cuts an endless line in bounded pieces, never inside a secret', () => {
    const secret = 'hunter22-hunter22';
    const chunks = Array.from({ length: 3000 }, (_value, index) => `${'x'.repeat(index % 23)}${secret}`);
    const lines = split(chunks, [secret]);

    expect(lines.length).toBeGreaterThan(1);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(33_000);
    expect(lines.join('')).not.toContain('hunter');
  });
});
