import { PlatformError } from '@racetrack-platform/errors';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSecretEnv } from './parse-secret-env.ts';

function explain(text: string): string {
  try {
    parseSecretEnv(text, 's.env');
  } catch (thrown) {
    if (PlatformError.is(thrown) && thrown.code === 'SECRET_FILE_INVALID') return thrown.message;
    throw thrown;
  }
  return 'no error';
}

describe('parseSecretEnv', () => {
  test.each([
    ['FOO="bar"', { FOO: 'bar' }],
    ['BAZ: 12', { BAZ: '12' }],
    ["Q='x y'", { Q: 'x y' }],
    ['EMPTY=', { EMPTY: '' }],
    ['EMPTY=""', { EMPTY: '' }],
    ['URL=http://a?b=c#d', { URL: 'http://a?b=c#d' }],
    ['# one\n; two\n\n  # three\nA=1', { A: '1' }],
    [`A='"q"'`, { A: '"q"' }],
    ['A=line1\n  line2\n\tline3\nB=2', { A: 'line1\nline2\nline3', B: '2' }],
    ['A=line1\n\n  line2\n\nB=2', { A: 'line1\n\nline2', B: '2' }],
    ['  A=1\n  B=2', { A: '1', B: '2' }],
    ['[DEFAULT]\nA=1', { A: '1' }],
    ['A = 1', { A: '1' }],
    ['A={"a": 1}', { A: '{"a": 1}' }],
    ['A="{"a": 1}"', { A: '{"a": 1}' }],
    ['A="C:\\new\\"', { A: 'C:\\new\\' }],
    ["A=it's", { A: "it's" }],
    ['', {}],
  ])('reads %j as Racetrack 2.36 does', (text, expected) => {
    expect(parseSecretEnv(text, 's.env')).toEqual(expected);
  });

  test.each([
    ['export A=1', { A: '1' }],
    ['A="x" # comment', { A: 'x' }],
    ['A=x # comment', { A: 'x' }],
    ['A= # comment', { A: '' }],
    ['A = #value', { A: '#value' }],
    ['A=#value', { A: '#value' }],
    ['B=100%', { B: '100%' }],
    ['B=100%%', { B: '100%%' }],
    ['B=%(A)s', { B: '%(A)s' }],
    ['A=$HOME', { A: '$HOME' }],
    [`B="'q'"`, { B: "'q'" }],
    [
      'KEY="-----BEGIN\nMIIE=\n\nabc==\n-----END" # key\nB=2',
      { KEY: '-----BEGIN\nMIIE=\n\nabc==\n-----END', B: '2' },
    ],
    ['\uFEFFA=1\r\nB=2\r\n', { A: '1', B: '2' }],
  ])('reads %j better than Racetrack 2.36 does', (text, expected) => {
    expect(parseSecretEnv(text, 's.env')).toEqual(expected);
  });

  test.each([
    ['A=1\nnovalue', 's.env:2: does not begin with the name of a variable and "="'],
    ['=value', 's.env:1: does not begin'],
    ['my key=1', 's.env:1: does not begin'],
    ['A=1\nA=2', 's.env:2: A is set twice, first on line 1'],
    ['[other]\nA=1', 's.env:1: sections are not supported'],
    ['A="open\nB=2', 's.env:1: A: the quote " around the value is never closed'],
    ["A='open", "s.env:1: A: the quote ' around the value is never closed"],
    ['A="x"y', 's.env:1: A: something follows the closing quote "'],
  ])('refuses %j', (text, message) => {
    expect(explain(text)).toContain(message);
  });

  test('lists every problem at once', () => {
    expect(explain('a b\nA=1\nA=2\nB="x').split('\n')).toHaveLength(3);
  });

  test('never repeats a value in an error', () => {
    const place = fc.constantFrom(
      (secret: string) => secret,
      (secret: string) => `A=${secret}\nA=${secret}\n${secret}`,
      (secret: string) => `A="${secret}\nB='${secret}`,
      (secret: string) => `A="x"${secret}`,
      (secret: string) => `[${secret}]`,
      (secret: string) => `${secret} x=1`,
    );
    // Without `=` and `:`, behind which a bare line would begin with the name of a variable: names are shown.
    const secret = fc.stringMatching(/^s3cr3t[!-9;<>-~]{4,20}$/);
    fc.assert(
      fc.property(place, secret, (write, value) => {
        expect(explain(write(value))).not.toContain('s3cr3t');
      }),
    );
  });

  test('gives back every value that was written in quotes', () => {
    fc.assert(
      fc.property(
        fc.string().filter((value) => !/["\r\n\0]/.test(value)),
        (value) => {
          expect(parseSecretEnv(`A="${value}"\nB=2`, 's.env')).toEqual({ A: value, B: '2' });
        },
      ),
    );
  });

  test('throws nothing but SECRET_FILE_INVALID, whatever it reads', () => {
    const text = fc.array(
      fc.constantFrom('A', 'B', '=', ':', '"', "'", '\n', ' ', '#', ';', '[', ']', '\0', '%'),
    );
    fc.assert(
      fc.property(text, (characters) => {
        expect(typeof explain(characters.join(''))).toBe('string');
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['white space', `A=x${' '.repeat(500_000)}y`],
    ['quotes', `A=${'" '.repeat(400_000)}x`],
    ['open quotes', 'A: "x\n'.repeat(150_000)],
    ['blank lines', `A=1\n${'\n'.repeat(400_000)}  x`],
    ['no divider', `${' '.repeat(400_000)}x`],
  ])('reads much %s in no time', (_name, text) => {
    const startedAt = performance.now();

    explain(text);

    expect(performance.now() - startedAt).toBeLessThan(3000);
  });
});
