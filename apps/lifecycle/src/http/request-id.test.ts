import { describe, expect, test } from 'vitest';
import { chooseRequestId } from './request-id.ts';

describe('chooseRequestId', () => {
  test.each(['abc-1', 'a.b:c_D', '0'.repeat(64)])('keeps the sane id %s', (id) => {
    expect(chooseRequestId({ headers: { 'x-request-tracing-id': id } })).toBe(id);
  });

  test.each(['', 'a b', 'a\nb', '0'.repeat(65), '<x>', undefined])('replaces %j', (id) => {
    expect(chooseRequestId({ headers: { 'x-request-tracing-id': id } })).toMatch(/^[\w-]{36}$/);
  });
});
