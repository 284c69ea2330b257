import type { CreatedTokenDto, CreateTokenPayload, OwnTokenDto } from '@racetrack-platform/contracts';
import { createTokenRepository, type Store, type SubjectIdentity } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { recordAudit } from '../audit/record-audit.ts';
import type { Actor } from './actor.ts';
import type { AuthenticatedSubject } from './authenticated-subject.ts';
import { presentOwnToken } from './present-token.ts';
import type { TokenService } from './token-service.ts';

export interface OwnTokensDeps {
  readonly store: Store;
  readonly tokens: TokenService;
  readonly now?: () => number;
}

/** Of one subject: more is a script that forgets to revoke. */
const MAX_TOKENS = 100;

const NAME = /^[^\p{C}\p{Zl}\p{Zp}]{1,100}$/u;

/** Every token of a subject, without its text; the oldest first. */
export async function listOwnTokens(
  { store }: Pick<OwnTokensDeps, 'store'>,
  subjectId: string,
  currentId = '',
): Promise<OwnTokenDto[]> {
  const rows = await createTokenRepository(store.db).listOfSubject(subjectId);
  return rows.map((row) => presentOwnToken(row, currentId));
}

/**
 * Makes a named token; its text is in the answer, and nowhere else again.
 *
 * @throws PlatformError `BAD_REQUEST` for a name or time that cannot be used, or too many tokens.
 * @throws PlatformError `ALREADY_EXISTS` when the subject has a token of this name.
 */
export async function createOwnToken(
  { store, tokens, now = Date.now }: OwnTokensDeps,
  subject: AuthenticatedSubject,
  wanted: CreateTokenPayload,
  actor: Actor,
): Promise<CreatedTokenDto> {
  const name = requireName(wanted.name);
  const expiresAt = requireFuture(wanted.expiry_time ?? null, now());
  const { result } = await store.transaction(async (trx) => {
    const others = await createTokenRepository(trx.db).listOfSubject(subject.subjectId);
    requireRoom(others, name);
    const owner = { subjectId: subject.subjectId, kind: subject.kind, claim: subject.name };
    const issued = await tokens.createToken(trx, owner, { name, expiresAt });
    await recordAudit(trx, {
      ...actor,
      eventType: 'token_created',
      subject: subject.name,
      properties: { token_id: issued.row.id, token_name: name },
      after: { expiry_time: wanted.expiry_time ?? null },
    });
    return issued;
  });
  return { ...presentOwnToken(result.row, subject.tokenId), token: result.token };
}

/**
 * Removes a token; it is refused from then on.
 *
 * @throws PlatformError `NOT_FOUND` when it is not one of this subject's.
 */
export async function deleteTokenOf(
  { store, tokens }: OwnTokensDeps,
  owner: Pick<SubjectIdentity, 'id' | 'name'>,
  tokenId: string,
  actor: Actor,
): Promise<void> {
  await store.transaction(async (trx) => {
    const rows = await createTokenRepository(trx.db).listOfSubject(owner.id);
    const row = rows.find(({ id }) => id === tokenId);
    if (row === undefined || !(await tokens.deleteToken(trx, tokenId, owner.id))) throw tokenNotFound();
    await recordAudit(trx, {
      ...actor,
      eventType: 'token_revoked',
      subject: owner.name,
      properties: { token_id: tokenId, token_name: row.name },
    });
  });
}

function tokenNotFound(): PlatformError {
  return new PlatformError('NOT_FOUND', 'AuthToken record not found for given id', {
    hint: 'List the tokens: it may be gone already, or belong to somebody else.',
  });
}

function requireName(text: string): string {
  const name = text.trim();
  if (NAME.test(name)) return name;
  throw new PlatformError('BAD_REQUEST', 'a token needs a name of 1 to 100 characters', {
    hint: 'Name it after what uses it, such as "ci".',
  });
}

/** @param expiryTime - seconds since the epoch. */
function requireFuture(expiryTime: number | null, now: number): number | null {
  if (expiryTime === null) return null;
  if (expiryTime * 1_000 > now) return expiryTime * 1_000;
  throw new PlatformError('BAD_REQUEST', 'the expiry time lies in the past', {
    hint: 'Give it in seconds since the epoch, UTC; leave it out for a token that does not expire.',
  });
}

function requireRoom(others: readonly { readonly name: string | null }[], name: string): void {
  if (others.some((other) => other.name === name)) {
    throw new PlatformError('ALREADY_EXISTS', `a token named "${name}" exists already`, {
      hint: 'Choose another name, or revoke that one first.',
    });
  }
  if (others.length >= MAX_TOKENS) {
    throw new PlatformError('BAD_REQUEST', `there are ${others.length} tokens already`, {
      hint: 'Revoke those that are not used any more.',
    });
  }
}
