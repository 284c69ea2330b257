import { describe, expect, test } from 'vitest';
import { scrub } from './scrub.ts';

const TOKEN = 'eyJhbGciOi.eyJzdWIi.c2lnbmF0';

describe('scrub', () => {
  test.each([
    ['https://user:secret@host/x', 'https://***@host/x'],
    ['git+ssh://secret@host', 'git+ssh://***@host'],
    ['1http://user:secret@host', '1http://***@host'],
    ['https://:secret@host and https://b:c@d', 'https://***@host and https://***@d'],
    ['https://host/user@domain', 'https://host/user@domain'],
    [`Bearer ${TOKEN}, again ${TOKEN}`, 'Bearer [token], again [token]'],
    [`prefix-${TOKEN}`, 'prefix-[token]'],
    [`a.b.${TOKEN}`, 'a.b.[token]'],
    [`${TOKEN}.${TOKEN}.c`, '[token].[token].c'],
    ['eyJ.a.b 1.2.3 www.example.com', 'eyJ.a.b 1.2.3 www.example.com'],
    ['\u001b[2Jgone\r\tkept\n', '[2Jgone\tkept\n'],
  ])('of %j leaves %j', (text, shown) => {
    expect(scrub(text)).toBe(shown);
  });

  test.each(['e', 'eyJ-', 'eyJabcde.', '://', ':', '://a:', 'a@', '.', 'a.', '-', '\u0000'])(
    'is done with two million characters of %j',
    (piece) => {
      const text = piece.repeat(2_000_000 / piece.length);
      expect(scrub(text).length).toBeLessThanOrEqual(text.length);
    },
  );
});
