import { argon2, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { limitConcurrency } from './limit-concurrency.ts';

const deriveArgon2 = promisify(argon2);
const derivePbkdf2 = promisify(pbkdf2);

/** Memory (KiB), passes and lanes: the second choice of OWASP's Password Storage Cheat Sheet; some 50 ms of one core. */
const ARGON2 = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** What a stored hash may ask of us at most, so that a damaged row cannot stop the server. */
const LIMITS = {
  memory: 262_144,
  passes: 10,
  parallelism: 8,
  iterations: 5_000_000,
  saltLength: 256,
} as const;

/** Hashing takes threads that the file system needs as well: two at a time, and no endless queue. */
const inTurn = limitConcurrency({ running: 2, waiting: 50 });

type ParsedHash =
  | { kind: 'argon2id'; memory: number; passes: number; parallelism: number; salt: Buffer; hash: Buffer }
  | { kind: 'pbkdf2'; iterations: number; salt: string; hash: Buffer };

/** Hashes a password with argon2id, in the usual text form (`$argon2id$v=19$m=…,t=…,p=…$SALT$HASH`). Off the event loop. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await inTurn(
    async () => await derive({ ...ARGON2, kind: 'argon2id', salt, hash: HASH_BYTES }, password),
  );
  const { memory, passes, parallelism } = ARGON2;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(hash)}`;
}

/**
 * Compares a password with a stored hash, ours or `pbkdf2_sha256$…` of Racetrack 2.36, in constant time.
 *
 * @param stored - `undefined` for an account that does not exist: it takes as long, and is wrong.
 * @returns `isOutdated`: the hash is right, but should be replaced with one of {@link hashPassword}.
 */
export async function verifyPassword(
  password: string,
  stored: string | undefined,
): Promise<{ isCorrect: boolean; isOutdated: boolean }> {
  const parsed = stored === undefined ? undefined : parseHash(stored);
  const { hash: expected, ...parameters } = parsed ?? DUMMY;
  const hash = await inTurn(async () => await derive({ ...parameters, hash: expected.length }, password));
  const isCorrect = timingSafeEqual(hash, expected) && parsed !== undefined;
  return { isCorrect, isOutdated: isCorrect && !isCurrent(parsed) };
}

/** Nobody's password: random, and made anew at every start. */
const DUMMY: ParsedHash = {
  ...ARGON2,
  kind: 'argon2id',
  salt: randomBytes(SALT_BYTES),
  hash: randomBytes(HASH_BYTES),
};

type Parameters =
  | { kind: 'argon2id'; memory: number; passes: number; parallelism: number; salt: Buffer; hash: number }
  | { kind: 'pbkdf2'; iterations: number; salt: string; hash: number };

async function derive(parameters: Parameters, password: string): Promise<Buffer> {
  if (parameters.kind === 'pbkdf2') {
    const { salt, iterations, hash } = parameters;
    return await derivePbkdf2(password, salt, iterations, hash, 'sha256');
  }
  const { memory, passes, parallelism, salt: nonce, hash: tagLength } = parameters;
  return await deriveArgon2('argon2id', { message: password, nonce, memory, passes, parallelism, tagLength });
}

function parseHash(stored: string): ParsedHash | undefined {
  const argon2id = /^\$argon2id\$v=19\$m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9})\$([\w+/]+)\$([\w+/]+)$/.exec(
    stored,
  );
  if (argon2id) {
    const [memory = 0, passes = 0, parallelism = 0] = argon2id.slice(1, 4).map(Number);
    const [salt, hash] = argon2id.slice(4, 6).map((text) => Buffer.from(text, 'base64'));
    const isSane =
      memory <= LIMITS.memory && passes <= LIMITS.passes && parallelism <= LIMITS.parallelism && passes > 0;
    if (!isSane || !salt || !hash || salt.length < 8 || hash.length < 16) return undefined;
    return { kind: 'argon2id', memory, passes, parallelism, salt, hash };
  }
  const legacy = /^pbkdf2_sha256\$(\d{1,9})\$([^$]+)\$([\w+/]+=*)$/.exec(stored);
  if (!legacy) return undefined;
  const [, digits = '', salt = '', text = ''] = legacy;
  const iterations = Number(digits);
  const hash = Buffer.from(text, 'base64');
  const isSane = iterations > 0 && iterations <= LIMITS.iterations && salt.length <= LIMITS.saltLength;
  return isSane && hash.length === HASH_BYTES ? { kind: 'pbkdf2', iterations, salt, hash } : undefined;
}

function isCurrent(parsed: ParsedHash | undefined): boolean {
  if (parsed?.kind !== 'argon2id') return false;
  return (
    parsed.memory === ARGON2.memory &&
    parsed.passes === ARGON2.passes &&
    parsed.parallelism === ARGON2.parallelism
  );
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
