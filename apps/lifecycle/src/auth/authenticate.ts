import type { IncomingHttpHeaders } from 'node:http';
import { AUTH_HEADER, AUTH_HEADERS } from '@racetrack-platform/contracts';
import {
  createPermissionRepository,
  createSubjectRepository,
  createTokenRepository,
  type Queryable,
  type SubjectIdentity,
  type TokenRow,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { presentCaller, type AuthenticatedSubject } from './authenticated-subject.ts';
import { hashToken, isLegacyEscToken, verifyToken, type TokenClaims } from './token-format.ts';

const DAY_MS = 86_400_000;

export interface Authenticator {
  /**
   * Who sent these headers. Cookies do not count.
   *
   * @throws PlatformError `NOT_AUTHENTICATED`, never showing the token.
   */
  authenticate(headers: IncomingHttpHeaders): Promise<AuthenticatedSubject>;
  /** The same for a token from elsewhere. */
  authenticateToken(token: string): Promise<AuthenticatedSubject>;
}

/**
 * Decides who somebody is: the token has to be signed with our key (but for those that old releases gave to external
 * services), known to the store, active and not expired, and its owner active. Unlike in Racetrack 2.36, a deactivated user's tokens stop working, and no token is good on its
 * signature alone: tokens of the type `internal` are refused.
 */
export function createAuthenticator(deps: {
  db: Queryable;
  /** The newest first; read anew for every token, for they may be replaced. */
  readonly acceptedAuthKeys: readonly string[];
  now?: () => number;
}): Authenticator {
  const { db, now = Date.now } = deps;
  const tokens = createTokenRepository(db);
  const subjects = createSubjectRepository(db);
  const permissions = createPermissionRepository(db);

  async function authenticateToken(token: string): Promise<AuthenticatedSubject> {
    const claims = isLegacyEscToken(token) ? undefined : verifyAny(deps.acceptedAuthKeys, token);
    if (claims?.subject_type === 'internal')
      throw refuse('invalid JWT token: internal tokens are not accepted');
    const row = await tokens.findByHash(hashToken(token));
    const subject = requireOwner(requireUsable(row, now()), row && (await subjects.find(row.subject_id)));
    await noteUse(subject.token);
    return {
      subjectId: subject.owner.id,
      kind: subject.owner.kind,
      name: subject.owner.name,
      caller: presentCaller(subject.owner),
      isStaff: subject.owner.isStaff,
      permissions: await permissions.listOfSubject(subject.owner.id),
      tokenId: subject.token.id,
    };
  }

  /** At most once per day (UTC), so that reading does not mean writing. */
  async function noteUse(row: TokenRow): Promise<void> {
    const today = Math.floor(now() / DAY_MS);
    if (row.last_used_at !== null && Math.floor(row.last_used_at / DAY_MS) >= today) return;
    await tokens.noteUse(row.id, now());
  }

  return {
    authenticateToken,

    async authenticate(headers) {
      const token = findTokenHeader(headers);
      if (token === undefined) {
        throw refuse(
          `auth token not found in a header ${AUTH_HEADER}`,
          'Log in with `racetrack login`, or send a token.',
        );
      }
      return await authenticateToken(token);
    },
  };
}

/** Only while a key is being replaced there are two. */
function verifyAny(authKeys: readonly string[], token: string): TokenClaims {
  const [newest = '', ...others] = authKeys;
  try {
    return verifyToken(newest, token);
  } catch (error) {
    if (others.length === 0) throw error;
    return verifyAny(others, token);
  }
}

/** The token in the headers, the first that is not empty; `undefined` when there is none. */
export function findTokenHeader(headers: IncomingHttpHeaders): string | undefined {
  for (const name of AUTH_HEADERS) {
    const value = headers[name];
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
  }
  return undefined;
}

function requireUsable(row: TokenRow | undefined, now: number): TokenRow {
  if (row === undefined) {
    throw refuse('wrong credentials: token is unknown: token was not found in the database');
  }
  if (row.is_active === 0) throw refuse('given access token has been revoked');
  if (row.expires_at !== null && row.expires_at <= now) throw refuse('given access token has expired');
  return row;
}

function requireOwner(
  token: TokenRow,
  owner: SubjectIdentity | undefined,
): { token: TokenRow; owner: SubjectIdentity } {
  if (owner?.isActive === true) return { token, owner };
  throw refuse(`User ${owner?.name ?? ''} is not active`, 'Ask an administrator to activate the account.');
}

function refuse(message: string, hint = 'Log in again to get a token that works here.'): PlatformError {
  return new PlatformError('NOT_AUTHENTICATED', message, { hint });
}
