import * as fc from 'fast-check';
import { jwtVerify, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { TUTORIAL_AUTH_KEY } from '@racetrack-platform/keys';
import { hashToken, signToken, verifyToken } from './token-format.ts';

const KEY = 'an auth key of some length';
const bytes = new TextEncoder().encode(KEY);
const claims = { seed: 's', subject: 'bob@example.com', subject_type: 'user' } as const;

async function signForeign(payload: Record<string, unknown>, alg = 'HS256', key = bytes): Promise<string> {
  return await new SignJWT(payload).setProtectedHeader({ alg, typ: 'JWT' }).sign(key);
}

/** The token that the tutorials of Racetrack publish for `admin`. */
const PUBLISHED =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzZWVkIjoiY2UwODFiMDUtYTRhMC00MTRhLThmNmEtODRjMDIzMTkxNmE2Iiwic3ViamVjdCI6' +
  'ImFkbWluIiwic3ViamVjdF90eXBlIjoidXNlciIsInNjb3BlcyI6bnVsbH0.xDUcEmR7USck5RId0nwDo_xtZZBD6pUvB2vL6i39DQI';

describe('signToken', () => {
  test('gives the published token of the tutorial, to the byte', () => {
    const seed = 'ce081b05-a4a0-414a-8f6a-84c0231916a6';

    expect(signToken(TUTORIAL_AUTH_KEY, { seed, subject: 'admin', subject_type: 'user' })).toBe(PUBLISHED);
  });

  test('gives tokens that another library accepts, with exactly the four claims', async () => {
    const { payload, protectedHeader } = await jwtVerify(signToken(KEY, claims), bytes);

    expect(payload).toEqual({ ...claims, scopes: null });
    expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'JWT' });
  });
});

describe('verifyToken', () => {
  test('accepts what another library signed, with and without scopes', async () => {
    expect(verifyToken(KEY, await signForeign(claims))).toEqual(claims);
    expect(verifyToken(KEY, await signForeign({ ...claims, scopes: ['full_access'] }))).toMatchObject(claims);
  });

  test.each<[string, () => Promise<string> | string, string]>([
    ['another key', () => signToken('another key altogether', claims), 'signature verification failed'],
    ['another algorithm', async () => await signForeign(claims, 'HS512'), 'the algorithm has to be HS256'],
    [
      'no algorithm',
      () => `${btoa('{"alg":"none"}').replace(/=/g, '')}.e30.`,
      'the algorithm has to be HS256',
    ],
    [
      'an extra claim',
      async () => await signForeign({ ...claims, exp: 4_102_444_800 }),
      'the claims are not',
    ],
    ['a missing claim', async () => await signForeign({ seed: 's', subject: 'bob' }), 'the claims are not'],
    [
      'a foreign type',
      async () => await signForeign({ ...claims, subject_type: 'root' }),
      'the claims are not',
    ],
    ['no segments', () => 'abc', 'not enough segments'],
    ['too many segments', () => `${signToken(KEY, claims)}.x`, 'not enough segments'],
    ['an endless text', () => `${'a'.repeat(9_000)}.b.c`, 'not enough segments'],
  ])('refuses a token of %s, and does not show it', async (_title, make, reason) => {
    const token = await make();

    expect(() => verifyToken(KEY, token)).toThrow(
      expect.objectContaining({ code: 'NOT_AUTHENTICATED', message: expect.stringContaining(reason) }),
    );
    expect(() => verifyToken(KEY, token)).not.toThrow(token);
  });

  test('refuses a token of which any part was changed', () => {
    const token = signToken(KEY, claims);
    // The last character holds two unused bits; such a variant is unknown to the store instead.
    const position = fc.integer({ min: 0, max: token.length - 2 });
    fc.assert(
      fc.property(position, fc.constantFrom('A', 'z', '0', '.'), (at, character) => {
        fc.pre(token[at] !== character);
        expect(() => verifyToken(KEY, token.slice(0, at) + character + token.slice(at + 1))).toThrow(
          'invalid JWT token',
        );
      }),
    );
  });
});

describe('hashToken', () => {
  test('is SHA-256 in hexadecimal', () => {
    expect(hashToken('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
