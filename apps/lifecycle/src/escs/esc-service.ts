import { randomUUID } from 'node:crypto';
import {
  ADMINISTRATOR_SCOPES,
  type AuthTokenData,
  type EscAuthData,
  type EscDto,
  type RotatedEscDto,
} from '@racetrack-platform/contracts';
import {
  createEscRepository,
  createPermissionRepository,
  createSubjectRepository,
  createTokenRepository,
  type EscRow,
  type Queryable,
  type Store,
  type StoreTransaction,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { recordAudit } from '../audit/record-audit.ts';
import type { Actor } from '../auth/actor.ts';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import { deleteTokenOf } from '../auth/own-tokens.ts';
import { presentTokenData } from '../auth/present-token.ts';
import { mayMakeAdministrators } from '../auth/require-permission.ts';
import type { IssuedToken, TokenOwner, TokenService } from '../auth/token-service.ts';
import { requireNoDeployment } from '../records/require-no-deployment.ts';
import { requireEscId, requireEscName } from './esc-names.ts';

export interface EscServiceDeps {
  readonly store: Store;
  readonly tokens: TokenService;
  readonly now?: () => number;
}

/** External service consumers: outside systems that hold tokens. All methods throw `NOT_FOUND` for an unknown id. */
export interface EscService {
  list(): Promise<EscDto[]>;
  /** With its first token, which does not expire. Throws `ALREADY_EXISTS`, `BAD_REQUEST`. */
  create(wanted: { name: string; id?: string | null | undefined }, actor: Actor): Promise<EscDto>;
  /** With the texts of all tokens. */
  getAuthData(id: string): Promise<EscAuthData>;
  /**
   * The text of the oldest token that can be used; made when there is none.
   *
   * Throws `PERMISSION_DENIED` when the token would make the reader an administrator.
   */
  getToken(id: string, reader: AuthenticatedSubject, actor: Actor): Promise<string>;
  /** @param expiryTime - seconds since the epoch; `null`: never. */
  createToken(id: string, expiryTime: number | null, actor: Actor): Promise<AuthTokenData>;
  /** Throws `NOT_FOUND` for the token of another one, too. */
  deleteToken(id: string, tokenId: string, actor: Actor): Promise<void>;
  /** Makes a new token, and lets the others work on for so long only. */
  rotate(id: string, graceSeconds: number, actor: Actor): Promise<RotatedEscDto>;
  /** Removes it with its tokens and grants. Throws `DEPLOYMENT_IN_PROGRESS` while something it deploys is under way. */
  delete(id: string, actor: Actor): Promise<void>;
}

/** Looks after external services; every change reaches pub with the transaction that makes it. */
export function createEscService(deps: EscServiceDeps): EscService {
  const { store, tokens, now = Date.now } = deps;

  async function change<T>(work: (trx: StoreTransaction) => Promise<T>): Promise<T> {
    return (await store.transaction(work)).result;
  }

  /** Tells of a token, in the transaction that makes it. */
  async function issue(
    trx: StoreTransaction,
    esc: EscRow,
    expiresAt: number | null,
    actor: Actor,
  ): Promise<IssuedToken> {
    const issued = await tokens.createToken(trx, await ensureOwner(trx, esc), { expiresAt });
    await recordAudit(trx, {
      ...actor,
      eventType: 'token_created',
      subject: esc.name,
      properties: { esc_id: esc.id, token_id: issued.row.id },
      after: { expiry_time: expiresAt === null ? null : Math.floor(expiresAt / 1_000) },
    });
    return issued;
  }

  return {
    async list() {
      return (await createEscRepository(store.db).list()).map(({ id, name }) => ({ id, name }));
    },

    async create(wanted, actor) {
      const esc = { id: requireEscId(wanted.id || randomUUID()), name: requireEscName(wanted.name) };
      await change(async (trx) => {
        const escs = createEscRepository(trx.db);
        requireUnmistakable(esc, await escs.list());
        if (!(await escs.insert(esc))) throw idTaken();
        await recordAudit(trx, {
          ...actor,
          eventType: 'esc_created',
          subject: esc.name,
          properties: { esc_id: esc.id },
        });
        await issue(trx, esc, null, actor);
      });
      return esc;
    },

    async getAuthData(id) {
      const esc = await getEsc(store.db, id);
      const subject = await createSubjectRepository(store.db).findByEsc(id);
      const rows =
        subject === undefined ? [] : await createTokenRepository(store.db).listOfSubject(subject.id);
      return {
        id: esc.id,
        name: esc.name,
        tokens: rows.map((row) => presentTokenData(row, tokens.openToken(row))),
      };
    },

    async getToken(id, reader, actor) {
      return await change(async (trx) => {
        const esc = await getEsc(trx.db, id);
        const owner = await ensureOwner(trx, esc);
        if (!mayMakeAdministrators(reader)) await refuseAdministrator(trx.db, owner, esc, reader);
        const row = await createTokenRepository(trx.db).findUsable(owner.subjectId, now());
        return row ? tokens.openToken(row) : (await issue(trx, esc, null, actor)).token;
      });
    },

    async createToken(id, expiryTime, actor) {
      const expiresAt = expiryTime === null ? null : expiryTime * 1_000;
      const issued = await change(
        async (trx) => await issue(trx, await getEsc(trx.db, id), expiresAt, actor),
      );
      return presentTokenData(issued.row, issued.token);
    },

    async deleteToken(id, tokenId, actor) {
      const esc = await getEsc(store.db, id);
      const subject = await createSubjectRepository(store.db).findByEsc(id);
      await deleteTokenOf({ store, tokens }, { id: subject?.id ?? '', name: esc.name }, tokenId, actor);
    },

    async rotate(id, graceSeconds, actor) {
      const endsAt = now() + graceSeconds * 1_000;
      const made = await change(async (trx) => {
        const esc = await getEsc(trx.db, id);
        const { subjectId } = await ensureOwner(trx, esc);
        const former = await createTokenRepository(trx.db).limitExpiry(subjectId, endsAt);
        for (const hash of former) trx.feedChanged('token', hash);
        const issued = await issue(trx, esc, null, actor);
        await recordAudit(trx, {
          ...actor,
          eventType: 'token_regenerated',
          subject: esc.name,
          properties: { kind: 'esc', esc_id: id, tokens: former.length, grace_seconds: graceSeconds },
        });
        return issued;
      });
      return {
        new_token: presentTokenData(made.row, made.token),
        former_expiry_time: Math.floor(endsAt / 1_000),
      };
    },

    async delete(id, actor) {
      await store.transaction(async (trx) => {
        const esc = await getEsc(trx.db, id);
        const subject = await createSubjectRepository(trx.db).findByEsc(id);
        const subjectId = subject?.id ?? '';
        await requireNoDeployment(trx.db, `the external service ${esc.name}`, { subjectId: subject?.id });
        const rows = await createTokenRepository(trx.db).listOfSubject(subjectId);
        await createEscRepository(trx.db).delete(id);
        for (const row of rows) trx.feedChanged('token', row.hash);
        if (subject !== undefined) trx.feedChanged('subject', subjectId);
        await recordAudit(trx, {
          ...actor,
          eventType: 'esc_deleted',
          subject: esc.name,
          properties: { esc_id: id, tokens: rows.length },
        });
      });
    },
  };
}

async function getEsc(db: Queryable, id: string): Promise<EscRow> {
  const esc = await createEscRepository(db).find(id);
  if (esc) return esc;
  throw new PlatformError('NOT_FOUND', `ESC with ID ${id} was not found`, {
    hint: 'Administrators see all of them: racetrack esc list.',
  });
}

async function ensureOwner(trx: StoreTransaction, esc: EscRow): Promise<TokenOwner> {
  const { id, isNew } = await createSubjectRepository(trx.db).ensureOfEsc(esc.id);
  if (isNew) trx.feedChanged('subject', id);
  return { subjectId: id, kind: 'esc', claim: esc.id };
}

/** Whoever may not make administrators must not become one by the token of another. */
async function refuseAdministrator(
  db: Queryable,
  owner: TokenOwner,
  esc: EscRow,
  reader: AuthenticatedSubject,
): Promise<void> {
  const grants = await createPermissionRepository(db).listOfSubject(owner.subjectId);
  const held = grants.find(({ scope }) => ADMINISTRATOR_SCOPES.has(scope));
  if (held === undefined) return;
  throw new PlatformError(
    'PERMISSION_DENIED',
    `${reader.caller} may not see the token of ESC ${esc.name}, which holds the scope ${held.scope}`,
    { hint: 'Ask a member of the staff, or somebody with full_access to everything.' },
  );
}

/** Grants name a service by either, so nobody's id may be what another one is called. */
function requireUnmistakable(esc: EscRow, others: readonly EscRow[]): void {
  const other = others.find(({ id, name }) => id !== esc.id && (name === esc.id || id === esc.name));
  if (other === undefined) return;
  const [what, taken] = other.name === esc.id ? ['id', 'name'] : ['name', 'id'];
  throw new PlatformError(
    'ALREADY_EXISTS',
    `the ${what} ${esc[what === 'id' ? 'id' : 'name']} is the ${taken} of another external service`,
    { hint: `Choose another ${what}: permissions name a service by its id or its name.` },
  );
}

function idTaken(): PlatformError {
  return new PlatformError('ALREADY_EXISTS', 'ESC with given ID already exists', {
    hint: 'Choose another id, or leave it out and one is made.',
  });
}
