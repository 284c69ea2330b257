import { z } from 'zod';
import { scopeSchema } from '@racetrack-platform/contracts';
import {
  createJobRepository,
  createPermissionRepository,
  createRecordChanges,
  createSubjectRepository,
  createTokenRepository,
  type Store,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { recordAudit } from '../audit/record-audit.ts';
import { actorOf } from '../auth/actor.ts';
import { deleteTokenOf } from '../auth/own-tokens.ts';
import type { TokenService } from '../auth/token-service.ts';
import { requireEscName } from '../escs/esc-names.ts';
import { createEscService } from '../escs/esc-service.ts';
import { giveGrant, takeGrant } from '../permissions/change-grants.ts';
import { readFields, textOf, type RecordWriter } from './record-writer.ts';

export interface AccessWriterDeps {
  readonly store: Store;
  readonly tokens: TokenService;
}

const grantSchema = z.strictObject({
  auth_subject_id: z.string(),
  scope: scopeSchema,
  job_family_id: z.string().optional(),
  job_id: z.string().optional(),
  endpoint: z.string().max(256).startsWith('/').optional(),
});

/** Permissions are given and taken, by those who may. */
export function createPermissionWriter({ store }: Pick<AccessWriterDeps, 'store'>): RecordWriter {
  return {
    hint: 'Take the permission away and give another one.',

    async create(fields, editor) {
      const wanted = readFields(grantSchema, fields);
      const permission = {
        subjectId: wanted.auth_subject_id,
        scope: wanted.scope,
        familyId: wanted.job_family_id ?? null,
        jobId: wanted.job_id ?? null,
        endpoint: wanted.endpoint ?? null,
      };
      const { result } = await store.transaction(async (trx) => {
        const { db } = trx;
        if ((await createSubjectRepository(db).find(permission.subjectId)) === undefined)
          throw noSuch('auth_subject_id');
        if (permission.jobId !== null && !(await createJobRepository(db).findById(permission.jobId)))
          throw noSuch('job_id');
        if (permission.familyId !== null && !(await createRecordChanges(db).hasFamily(permission.familyId)))
          throw noSuch('job_family_id');
        return await giveGrant(trx, editor, permission);
      });
      return String(result.number ?? '');
    },

    async delete(record, editor) {
      await store.transaction(async (trx) => {
        const grant = await createPermissionRepository(trx.db).findRecord(textOf(record, 'id'));
        if (grant !== undefined) await takeGrant(trx, editor, grant);
      });
    },
  };
}

const escSchema = z.strictObject({ name: z.string(), id: z.string().optional() });
const escChangeSchema = z.strictObject({ name: z.string() });

/** External services: made with subject and token. */
export function createEscWriter({ store, tokens }: AccessWriterDeps): RecordWriter {
  const escs = createEscService({ store, tokens });
  return {
    hint: 'See /api/v1/escs.',

    async create(fields, { subject, address }) {
      return (await escs.create(readFields(escSchema, fields), actorOf(subject, address))).id;
    },

    async update(record, fields, { subject, address }) {
      const name = requireEscName(readFields(escChangeSchema, fields).name);
      const id = textOf(record, 'id');
      await store.transaction(async (trx) => {
        await createRecordChanges(trx.db).renameEsc(id, name);
        const owner = await createSubjectRepository(trx.db).findByEsc(id);
        if (owner !== undefined) trx.feedChanged('subject', owner.id);
        await recordAudit(trx, {
          ...actorOf(subject, address),
          eventType: 'record_changed',
          subject: name,
          properties: { table: 'registry_esc', id },
          before: { name: textOf(record, 'name') },
          after: { name },
        });
      });
    },

    async delete(record, { subject, address }) {
      await escs.delete(textOf(record, 'id'), actorOf(subject, address));
    },
  };
}

const tokenSchema = z.strictObject({ active: z.literal(false) });

/** Tokens are revoked here, never made: their texts are shown where they are made. */
export function createTokenWriter({ store, tokens }: AccessWriterDeps): RecordWriter {
  return {
    hint: 'Make tokens where their text is shown, see /api/v1/auth/tokens and /api/v1/escs; here they can be revoked.',

    async update(record, fields, { subject, address }) {
      readFields(tokenSchema, fields);
      const owner = await createSubjectRepository(store.db).find(textOf(record, 'auth_subject_id'));
      await store.transaction(async (trx) => {
        const hash = await createTokenRepository(trx.db).deactivate(textOf(record, 'id'));
        if (hash !== undefined) trx.feedChanged('token', hash);
        await recordAudit(trx, {
          ...actorOf(subject, address),
          eventType: 'token_revoked',
          subject: owner?.name,
          properties: { token_id: textOf(record, 'id') },
        });
      });
    },

    async delete(record, { subject, address }) {
      const owner = await createSubjectRepository(store.db).find(textOf(record, 'auth_subject_id'));
      if (owner === undefined) return;
      await deleteTokenOf({ store, tokens }, owner, textOf(record, 'id'), actorOf(subject, address));
    },
  };
}

function noSuch(column: string): PlatformError {
  return new PlatformError('BAD_REQUEST', `${column} names a record that does not exist`, {
    hint: 'Look the id up in its table first.',
  });
}
