import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedactor } from './redact.ts';

describe('createRedactor', () => {
  test.each([
    ['a value', ['hunter22'], 'the word is hunter22!', 'the word is ***!'],
    ['the longer of two that overlap', ['hunt', 'hunter22'], 'hunter22 hunt', '*** ***'],
    ['a value percent-encoded', ['p w/d?'], 'https://h/?k=p%20w%2Fd%3F', 'https://h/?k=***'],
    ['a value in a JSON string', ['say "hi"'], '{"k":"say \\"hi\\""}', '{"k":"***"}'],
    ['each line of a key', ['-----BEGIN\nabcdefgh'], 'abcdefgh', '***'],
    ['a value that colours part', ['hunter22'], 'hun\u001b[31mter22', '***'],
    ['a value that is a URL with credentials', ['x://u:p@h/tail'], 'x://u:p@h/tail', '***'],
    ['credentials of any URL', [], 'https://bob:pw@host/', 'https://***@host/'],
    ['no value of three characters', ['abc'], 'abc', 'abc'],
    ['characters that mean something in patterns', ['a.c*(d)'], 'abcc(d) a.c*(d)', 'abcc(d) ***'],
  ])('hides %s', (_title, secrets, text, expected) => {
    expect(createRedactor(secrets).redact(text)).toBe(expected);
  });

  test('hides every printable secret wherever it stands', () => {
    const secret = fc.string({ minLength: 6, maxLength: 30 }).filter((text) => text.trim().length >= 6);
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
        const clean = createRedactor([value]).redact(`${before}\t${value}\t${after}`);
        expect(clean.replaceAll('***', '')).not.toContain(value.replaceAll('***', ''));
      }),
      { numRuns: 200, examples: [['secret-1', 'secret-', 'secret-1']] },
    );
  });
});
