import { randomUUID } from 'node:crypto';
import {
  createSubjectRepository,
  createTokenRepository,
  type StoreTransaction,
  type SubjectIdentity,
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
  readonly expiresAt?: number | null;
  /** Left out: random. Only the published token of the tutorial has a fixed one. */
  readonly seed?: string;
}

/** A token as it was stored, with its text. */
export interface IssuedToken {
  readonly row: TokenRow;
  readonly token: string;
}

export interface TokenService {
  /** The oldest token of the subject without a name that can still be used; made when there is none. */
  ensureSubjectToken(trx: StoreTransaction, owner: TokenOwner): Promise<string>;
  createToken(trx: StoreTransaction, owner: TokenOwner, options?: NewTokenOptions): Promise<IssuedToken>;
  /** The text of a stored token. */
  openToken(row: TokenRow): string;
  /** Answers false when there is no such token. */
  revokeToken(trx: StoreTransaction, tokenId: string): Promise<boolean>;
  /** Revokes all that a subject has; answers how many. */
  revokeAll(trx: StoreTransaction, subjectId: string): Promise<number>;
  /** Removes a token without a trace; answers false when the subject has no such token. */
  deleteToken(trx: StoreTransaction, tokenId: string, subjectId: string): Promise<boolean>;
  /**
   * Gives tokens another text: the former ones are refused from the commit on, ids, names, expiry and active flags stay.
   *
   * @param owners - of the tokens, by subject id; those of others are left alone.
   * @returns the new texts by token id.
   */
  regenerate(
    trx: StoreTransaction,
    rows: readonly TokenRow[],
    owners: ReadonlyMap<string, SubjectIdentity>,
  ): Promise<Map<string, string>>;
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
  /** Read anew for every token: it may be replaced. */
  readonly authKey: string;
  sealer: Sealer;
  now?: () => number;
}): TokenService {
  const { sealer, now = Date.now } = deps;

  /** A new text for a row, and how the row holds it. */
  function makeText(rowId: string, owner: Pick<TokenOwner, 'kind' | 'claim'>, seed: string = randomUUID()) {
    const token = signToken(deps.authKey, { seed, subject: owner.claim, subject_type: owner.kind });
    return { token, hash: hashToken(token), sealed: sealer.seal(token, associatedData(rowId)) };
  }

  async function createToken(trx: StoreTransaction, owner: TokenOwner, options: NewTokenOptions = {}) {
    const id = randomUUID();
    const { token, hash, sealed } = makeText(id, owner, options.seed);
    const row: TokenRow = {
      id,
      subject_id: owner.subjectId,
      name: options.name ?? null,
      hash,
      sealed,
      expires_at: options.expiresAt ?? null,
      is_active: 1,
      created_at: now(),
      last_used_at: null,
    };
    await createTokenRepository(trx.db).insert(row);
    trx.feedChanged('token', hash);
    return { row, token };
  }

  async function ensureSubjectToken(trx: StoreTransaction, owner: TokenOwner): Promise<string> {
    const row = await createTokenRepository(trx.db).findUsable(owner.subjectId, now());
    return row ? openToken(row) : (await createToken(trx, owner)).token;
  }

  function openToken(row: TokenRow): string {
    return sealer.open(row.sealed, associatedData(row.id));
  }

  return {
    createToken,
    ensureSubjectToken,
    openToken,

    async revokeToken(trx, tokenId) {
      const hash = await createTokenRepository(trx.db).deactivate(tokenId);
      if (hash === undefined) return false;
      trx.feedChanged('token', hash);
      return true;
    },

    async revokeAll(trx, subjectId) {
      const hashes = await createTokenRepository(trx.db).deactivateAll(subjectId);
      for (const hash of hashes) trx.feedChanged('token', hash);
      return hashes.length;
    },

    async deleteToken(trx, tokenId, subjectId) {
      const hash = await createTokenRepository(trx.db).delete(tokenId, subjectId);
      if (hash === undefined) return false;
      trx.feedChanged('token', hash);
      return true;
    },

    async regenerate(trx, rows, owners) {
      const repository = createTokenRepository(trx.db);
      const texts = new Map<string, string>();
      for (const row of rows) {
        const owner = owners.get(row.subject_id);
        if (owner === undefined) continue;
        const { token, hash, sealed } = makeText(row.id, owner);
        await repository.replaceText(row.id, { hash, sealed });
        trx.feedChanged('token', row.hash);
        trx.feedChanged('token', hash);
        texts.set(row.id, token);
      }
      return texts;
    },

    async ensureFamilyToken(trx, familyName) {
      const { id, familyId, isNew } = await createSubjectRepository(trx.db).ensureOfFamily(familyName);
      if (isNew) trx.feedChanged('subject', id);
      const owner = { subjectId: id, kind: 'job_family', claim: familyName } as const;
      return { familyId, subjectId: id, token: await ensureSubjectToken(trx, owner) };
    },
  };
}

/** Binds the sealed text to its row. */
function associatedData(tokenId: string): string {
  return `token:${tokenId}`;
}
