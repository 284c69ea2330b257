import { expect, test } from 'vitest';
import { splitLines } from './split-lines.ts';

test('splitLines joins lines and characters that were cut anywhere', () => {
  const lines: string[] = [];
  const push = splitLines((line) => lines.push(line));
  for (const byte of Buffer.from('één\n\nzwei\ndrei')) push(Buffer.from([byte]));

  expect(lines).toEqual(['één', 'zwei']);
});

test('splitLines does not gather a line without end', () => {
  const lines: string[] = [];
  splitLines((line) => lines.push(line))(Buffer.alloc(70_000, 'x'));

  expect(lines.join('')).toHaveLength(70_000);
});
