import { describe, expect, test } from 'vitest';
import { createIgnoreFilter, DEFAULT_PATTERNS } from './ignore-rules.ts';

/** Paths that end in a slash are directories. */
function isIgnored(patterns: readonly string[], path: string): boolean {
  return createIgnoreFilter(patterns)(path.replace(/\/$/, ''), path.endsWith('/'));
}

describe('an ignore pattern', () => {
  test.each([
    ['*.zip', 'dir/folder/p-1.1.0.zip', true],
    ['.git', '.git/file', true],
    ['/venv', 'venv/internals', true],
    ['/venv', 'folder/venv', false],
    ['/a/*/c', 'a/b/c/d', true],
    ['logs/out.txt', 'folder/logs/out.txt', true],
    ['logs/out.txt', 'out.txt', false],
    ['docs/build', 'docs/build', true],
    ['a/b/', 'x/a/b/', true],
    ['/build/', 'build/o', true],
    ['**/c', 'a/b/c', true],
    ['*.txt', 'A.TXT', false],
    ['*', '.a', true],
    ['*', 'a/b', true],
    ['[a-c]?.py', 'x/b1.py', true],
    ['[!a-c]*', 'b', false],
    ['[!a-c]*', 'd', true],
  ])('%s on %s: %s, as with the original', (pattern, path, expected) => {
    expect(isIgnored([pattern], path)).toBe(expected);
  });

  test.each([
    ['node_modules/', 'node_modules/', true],
    ['node_modules/', 'node_modules/x', true],
    ['secrets/', 'deep/secrets/key.pem', true],
    ['secrets/', 'secrets', false],
    ['docs/build', 'docs/build/x', true],
    ['**/c', 'c', true],
    ['a/**/c', 'a/x/b/c', true],
    ['a/**/c', 'a/c', true],
    ['/a/**', 'a/x/y', true],
    ['/a/**', 'a/', false],
    ['./x', 'x', true],
    ['# a comment', '# a comment', false],
    [String.raw`\#file`, '#file', true],
    ['trailing   ', 'trailing', true],
    ['dir/\r', 'dir/x', true],
    ['/', 'anything', false],
    ['', 'anything', false],
    ['[z-a]', 'b', false],
    ['[', '[', true],
    ['a.b', 'axb', false],
    ['a+(b)', 'a+(b)', true],
  ])('%j on %s: %s, where the original is wrong or silent', (pattern, path, expected) => {
    expect(isIgnored([pattern], path)).toBe(expected);
  });

  test('does not take long, however many stars it has', () => {
    const pattern = `${'**/a/'.repeat(20)}z`;

    expect(isIgnored([pattern], `${'a/'.repeat(200)}y`)).toBe(false);
  });
});

describe('a list of patterns', () => {
  test('is read in order, the last match wins', () => {
    const rules = ['*.csv', '!keep.csv', '-/data/keep.csv'];

    expect(isIgnored(rules, 'x.csv')).toBe(true);
    expect(isIgnored(rules, 'keep.csv')).toBe(false);
    expect(isIgnored(rules, 'data/keep.csv')).toBe(true);
  });

  test('re-includes and excludes again below a directory', () => {
    const rules = ['-/whole_dir', '+/whole_dir/but_this', '-/whole_dir/but_this/without_that'];

    expect(isIgnored(rules, 'whole_dir/a.txt')).toBe(true);
    expect(isIgnored(rules, 'whole_dir/but_this/code/a.txt')).toBe(false);
    expect(isIgnored(rules, 'whole_dir/but_this/without_that/a.txt')).toBe(true);
  });

  test('cannot re-include what the default patterns exclude', () => {
    expect(isIgnored(['!x.zip', ...DEFAULT_PATTERNS], 'x.zip')).toBe(true);
  });
});
