import { expect, test } from 'vitest';
import { substitutePlaceholders } from './substitute-placeholders.ts';

const placeholders = { source: '/s', environment: '/e-${source}', plugin: '/p', cache: '/c$&' };

test.each([
  ['${source}/a', '/s/a'],
  ['--x=${plugin}:${cache}', '--x=/p:/c$&'],
  ['${environment}', '/e-${source}'],
  ['${HOME} $source $${source}', '${HOME} $source $/s'],
])('%j becomes %j', (text, expected) => {
  expect(substitutePlaceholders(text, placeholders)).toBe(expected);
});
