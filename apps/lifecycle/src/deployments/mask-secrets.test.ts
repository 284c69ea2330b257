import { describe, expect, test } from 'vitest';
import { maskSecrets } from './mask-secrets.ts';

describe('maskSecrets', () => {
  test('takes out whole values, their lines and their JSON form, and leaves short words alone', () => {
    const secrets = ['pass"word', 'first line\nsecond line', 'abc', 'pass'];
    const text = 'a pass"word, {"x":"pass\\"word"}, then second line, abc';

    expect(maskSecrets(text, secrets)).toBe('a ***, {"x":"***"}, then ***, abc');
  });
});
