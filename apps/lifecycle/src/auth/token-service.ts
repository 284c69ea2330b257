import { randomUUID } from 'node:crypto';
import {
  createSubjectRepository,
  createTokenRepository,
  type StoreTransaction,
  type SubjectKind,
  type TokenRow,
} from '@racetrack-platform/db';
import type { Sealer } from '../keys/sealer.ts';
import { hashToken, signToken } from './token-format.ts';

/** Whom a token is for. */
export interface TokenOwner {
  readonly subjectId: string;
  readonly kind: SubjectKind;
  /** What the token's claim `subject` says: user name, id of an external service, or name of a job family. */
  readonly claim: string;
}

export interface NewTokenOptions {
  /** What people call this token. */
  readonly name?: string;
  /** Milliseconds since the epoch; left out: never. */
  readonly expiresAt?: number;
  /** Left out: random. Only the published token of the tutorial has a fixed one. */
  readonly seed?: string;
}

export interface TokenService {
  /** The oldest token of the subject that can still be used; made when there is none. */
  ensureSubjectToken(trx: StoreTransaction, owner: TokenOwner): Promise<string>;
  createToken(trx: StoreTransaction, owner: TokenOwner, options?: NewTokenOptions): Promise<string>;
  /** Answers false when there is no such token. */
  revokeToken(trx: StoreTransaction, tokenId: string): Promise<boolean>;
  /** Token of a job family, with which its jobs call others; family, subject and token are made when missing. */
  ensureFamilyToken(
    trx: StoreTransaction,
    familyName: string,
  ): Promise<{ familyId: string; subjectId: string; token: string }>;
}

/**
 * Makes and keeps tokens. The store holds them sealed, for their owners may read them back, and by their hash.
 * Every change reaches pub with the transaction that makes it.
 */
export function createTokenService(deps: {
  authKey: string;
  sealer: Sealer;
  now?: () => number;
}): TokenService {
  const { authKey, sealer, now = Date.now } = deps;

  async function createToken(trx: StoreTransaction, owner: TokenOwner, options: NewTokenOptions = {}) {
    const id = randomUUID();
    const seed = options.seed ?? randomUUID();
    const token = signToken(authKey, { seed, subject: owner.claim, subject_type: owner.kind });
    const hash = hashToken(token);
    await createTokenRepository(trx.db).insert({
      id,
      subject_id: owner.subjectId,
      name: options.name ?? null,
      hash,
      sealed: sealer.seal(token, associatedData(id)),
      expires_at: options.expiresAt ?? null,
      is_active: 1,
      created_at: now(),
      last_used_at: null,
    });
    trx.feedChanged('token', hash);
    return token;
  }

  async function ensureSubjectToken(trx: StoreTransaction, owner: TokenOwner): Promise<string> {
    const row = await createTokenRepository(trx.db).findUsable(owner.subjectId, now());
    return row ? openToken(sealer, row) : await createToken(trx, owner);
  }

  return {
    createToken,
    ensureSubjectToken,

    async revokeToken(trx, tokenId) {
      const hash = await createTokenRepository(trx.db).deactivate(tokenId);
      if (hash === undefined) return false;
      trx.feedChanged('token', hash);
      return true;
    },

    async ensureFamilyToken(trx, familyName) {
      const { id, familyId, isNew } = await createSubjectRepository(trx.db).ensureOfFamily(familyName);
      if (isNew) trx.feedChanged('subject', id);
      const owner = { subjectId: id, kind: 'job_family', claim: familyName } as const;
      return { familyId, subjectId: id, token: await ensureSubjectToken(trx, owner) };
    },
  };
}

function openToken(sealer: Sealer, row: TokenRow): string {
  return sealer.open(row.sealed, associatedData(row.id));
}

/** Binds the sealed text to its row. */
function associatedData(tokenId: string): string {
  return `token:${tokenId}`;
}
