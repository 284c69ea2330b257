import { expect, test } from 'vitest';
import { formatBuildDate, parseSourceDateEpoch } from './build-date.ts';

test('SOURCE_DATE_EPOCH is whole seconds, and nothing when it is not set', () => {
  expect(parseSourceDateEpoch('1767225600')).toBe(1_767_225_600_000);
  expect(parseSourceDateEpoch(undefined)).toBeUndefined();
  expect(parseSourceDateEpoch('')).toBeUndefined();
});

test.each(['now', '-1', '1.5', '999999999999'])('SOURCE_DATE_EPOCH=%s is refused', (text) => {
  expect(() => parseSourceDateEpoch(text)).toThrow('SOURCE_DATE_EPOCH is no number of seconds since 1970');
});

test('a build date has no colons', () => {
  expect(formatBuildDate(1_767_225_600_123)).toBe('2026-01-01T000000Z');
});
