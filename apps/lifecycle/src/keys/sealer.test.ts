import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSealer } from './sealer.ts';

const sealer = createSealer('ab'.repeat(32));

describe('a sealer', () => {
  test('opens what it sealed, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, row) => {
        const secret = `${text}żółć 🐎`;
        expect(sealer.open(sealer.seal(secret, row), row)).toBe(secret);
      }),
      { numRuns: 50 },
    );
  });

  test('gives another text each time, and nothing of the secret in it', () => {
    const [first, second] = [sealer.seal('secret', 'a'), sealer.seal('secret', 'a')];

    expect(first).not.toBe(second);
    expect(first).toMatch(/^v1\.[0-9a-f]{8}\.[\w-]{16}\.[\w-]+$/);
  });

  test('opens nothing that was moved to another row', () => {
    expect(() => sealer.open(sealer.seal('secret', 'token:1'), 'token:2')).toThrow('belongs to another row');
  });

  test('names the wrong key as KEY_MISMATCH', () => {
    const other = createSealer('cd'.repeat(32));

    expect(() => other.open(sealer.seal('secret', 'a'), 'a')).toThrow(
      expect.objectContaining({ code: 'KEY_MISMATCH' }),
    );
  });

  test('opens nothing of which any character was changed', () => {
    const sealed = sealer.seal('secret', 'a');
    // The last character of base64url may hold unused bits, so it is left out.
    const positions = Array.from({ length: sealed.length - 1 }, (_, index) => index);
    for (const at of positions) {
      const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);

      expect(() => sealer.open(changed, 'a')).toThrow(/sealed/);
    }
  });

  test.each(['', 'v1', 'v2.00000000.AAAAAAAAAAAAAAAA.AAAA', 'secret'])('refuses %j', (text) => {
    expect(() => sealer.open(text, 'a')).toThrow('not of a known format');
  });

  test('refuses a key that is too short', () => {
    expect(() => createSealer('ab'.repeat(16))).toThrow('32 bytes');
  });
});
