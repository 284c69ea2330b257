import { spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isAbbreviatedCommitId, isCommitId, isRefName } from './git-ref.ts';

/** What git itself says. */
function gitAccepts(text: string): boolean {
  return spawnSync('git', ['check-ref-format', `refs/heads/${text}`]).status === 0;
}

describe('isRefName', () => {
  test('accepts nothing that git refuses, and refuses little that it accepts', () => {
    const nasty = fc.string({ unit: fc.constantFrom(...'ab./~^:?*[\\@{}- \u0001\u007f'.split(''), '.lock') });
    fc.assert(
      fc.property(
        nasty.filter((text) => !text.includes('\0')),
        (text) => {
          const expected = gitAccepts(text) && !text.startsWith('-') && text !== '@';
          expect(isRefName(text)).toBe(expected);
        },
      ),
      { numRuns: 150 },
    );
  });

  test.each(['main', 'feature/x', 'v1.0.0', 'refs/pull/1/head', 'żółw', 'a@b', 'deadbeef'])(
    'accepts %s',
    (text) => {
      expect(isRefName(text)).toBe(true);
    },
  );

  test.each([
    '',
    '-b',
    '--upload-pack=x',
    'a..b',
    'a b',
    'a:b',
    'a/',
    '/a',
    'a.lock',
    '.a',
    'a/.b',
    'x'.repeat(1025),
  ])('refuses %j', (text) => {
    expect(isRefName(text)).toBe(false);
  });
});

test('commit ids are whole or abbreviated', () => {
  const id = 'a'.repeat(40);

  expect([id, id.toUpperCase(), 'a'.repeat(64)].every(isCommitId)).toBe(true);
  expect(['a'.repeat(39), 'a'.repeat(41), 'g'.repeat(40), ''].some(isCommitId)).toBe(false);
  expect(isAbbreviatedCommitId('abcd')).toBe(true);
  expect([id, 'abc', 'main'].some(isAbbreviatedCommitId)).toBe(false);
});
