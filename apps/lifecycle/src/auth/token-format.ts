import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { PlatformError } from '@racetrack-platform/errors';

const SUBJECT_TYPES = ['user', 'esc', 'job_family', 'internal'] as const;

/** Everything a token says; a token with any other claim is refused. */
const claimsSchema = z.strictObject({
  /** Random, so that no two tokens are alike. */
  seed: z.string(),
  /** User name, id of an external service, or name of a job family. */
  subject: z.string(),
  subject_type: z.enum(SUBJECT_TYPES),
  scopes: z.array(z.string()).nullish(),
});
export type TokenClaims = z.infer<typeof claimsSchema>;

const headerSchema = z.strictObject({ alg: z.literal('HS256'), typ: z.literal('JWT').optional() });

/** The header as Racetrack 2.36 writes it, to the byte. */
const HEADER = encode('{"alg":"HS256","typ":"JWT"}');

/** Far more than any name needs. */
const MAX_TOKEN_LENGTH = 8_192;

/**
 * Signs a token (JWT with HS256, RFC 7519), byte for byte as Racetrack 2.36 does, so that the same claims and key give
 * the same text.
 *
 * @param authKey - the key's text.
 */
export function signToken(authKey: string, claims: Omit<TokenClaims, 'scopes'>): string {
  const { seed, subject, subject_type } = claims;
  const body = encode(JSON.stringify({ seed, subject, subject_type, scopes: null }));
  return `${HEADER}.${body}.${computeSignature(authKey, `${HEADER}.${body}`).toString('base64url')}`;
}

/**
 * Checks signature and form of a token. That it was signed is not enough: it has to be known to the store as well.
 *
 * @throws PlatformError `NOT_AUTHENTICATED`, with the cause but never with the token.
 */
export function verifyToken(authKey: string, token: string): TokenClaims {
  const [header, body, signature, ...rest] = token.length > MAX_TOKEN_LENGTH ? [] : token.split('.');
  if (header === undefined || body === undefined || signature === undefined || rest.length > 0) {
    throw invalid('not enough segments');
  }
  if (!headerSchema.safeParse(decode(header)).success) throw invalid('the algorithm has to be HS256');
  const expected = computeSignature(authKey, `${header}.${body}`);
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw invalid('signature verification failed');
  }
  const claims = claimsSchema.safeParse(decode(body));
  if (!claims.success) throw invalid('the claims are not those of a Racetrack token');
  return claims.data;
}

const legacyEscSchema = z.looseObject({ 'esc-id': z.string(), 'api-key': z.string() });

/**
 * Whether a token has the form that old releases of Racetrack gave to external services: JSON in base64, without a
 * signature. Such a token is good only if the very same text is known to the store.
 */
export function isLegacyEscToken(token: string): boolean {
  return readLegacyEscId(token) !== undefined;
}

/** The service that such a token says it is for; `undefined` when it has another form. */
export function readLegacyEscId(token: string): string | undefined {
  if (token.length > MAX_TOKEN_LENGTH || token.includes('.')) return undefined;
  return legacyEscSchema.safeParse(decode(token)).data?.['esc-id'];
}

/** SHA-256 of a token's text, hexadecimal: how the store and pub know it. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function computeSignature(authKey: string, signed: string): Buffer {
  return createHmac('sha256', authKey).update(signed).digest();
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString());
  } catch {
    return undefined;
  }
}

function invalid(reason: string): PlatformError {
  return new PlatformError('NOT_AUTHENTICATED', `invalid JWT token: ${reason}`, {
    hint: 'Log in again: the server may have a new key since the token was made. Or the token is cut off, or of another server.',
  });
}
