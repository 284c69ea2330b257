import { PlatformError } from '@racetrack-platform/errors';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fixQuantity, parseQuantity } from './parse-quantity.ts';

describe('parseQuantity', () => {
  test.each([
    ['100.001', 100.001],
    ['123Ki', 125_952],
    ['200m', 0.2],
    ['12.234G', 12_234_000_000],
    ['1073741824', 1_073_741_824],
    ['0.5', 0.5],
    ['1.5Gi', 1_610_612_736],
    ['0', 0],
    ['00', 0],
    ['1Mi', 1_048_576],
    ['1048.576k', 1_048_576],
    ['3p', 3e-12],
    ['7u', 7e-6],
    ['1n', 1e-9],
    ['2Ei', 2 * 1024 ** 6],
  ])('reads %s as %d', (text, value) => {
    expect(parseQuantity(text)).toBe(value);
  });

  test.each([
    '-1',
    '.5',
    '',
    '15KB',
    '1K',
    '1e3',
    '1 Gi',
    '1.0.0',
    '1.',
    '+1',
    '1ki',
    ' 1',
    '1\n',
    '٣',
    '9'.repeat(400),
  ])('refuses %j with MANIFEST_INVALID', (text) => {
    expect(() => parseQuantity(text)).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }));
  });

  test('says what to write instead', () => {
    expect(() => parseQuantity('1e3')).toThrow(
      '"1e3" is not a quantity; write a number with one of k M G Ki Mi Gi, such as 512Mi',
    );
  });

  test.each([
    ['512MB', '512M (thousands) or 512Mi (1024s)'],
    ['1K', '1k (thousands) or 1Ki (1024s)'],
    ['2 GiB', '2G (thousands) or 2Gi (1024s)'],
    ['100 bytes', 'write 100'],
  ])('proposes for %s %s', (text, proposal) => {
    expect(fixQuantity(text)).toContain(proposal);
  });

  test('scales every number by its suffix', () => {
    const suffixes = { '': 1, k: 1e3, M: 1e6, G: 1e9, Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3 };
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(...Object.entries(suffixes)), (number, [suffix, factor]) => {
        expect(parseQuantity(`${number}${suffix}`)).toBe(number * factor);
      }),
    );
  });

  test('answers a finite number or throws a PlatformError, whatever it reads', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9.]{1,30}[a-zA-Z]{0,2}$/));
    fc.assert(
      fc.property(text, (written) => {
        expect(outcomeOf(written)).toMatch(/^(?:finite|refused)$/);
      }),
    );
  });
});

function outcomeOf(text: string): string {
  try {
    return Number.isFinite(parseQuantity(text)) ? 'finite' : 'not finite';
  } catch (thrown) {
    return PlatformError.is(thrown) ? 'refused' : 'broken';
  }
}
