import type { SubjectRecord, TokenRecord } from '@racetrack-platform/contracts/processes';
import { hash } from 'node:crypto';
import { createPermissionIndex, type PermissionIndex } from './permission-index.ts';

/** Somebody who may call, with the grants in searchable form. */
export interface Subject {
  readonly record: SubjectRecord;
  readonly grants: PermissionIndex;
}

export type Authentication =
  | { readonly kind: 'known'; readonly subject: Subject }
  /** `reason` is for the caller and never holds the token. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Tokens, by hash only, and their owners. */
export interface SubjectTable {
  putToken(token: TokenRecord): void;
  removeToken(id: string): void;
  putSubject(subject: SubjectRecord): void;
  removeSubject(id: string): void;
  /**
   * Finds out whose token this is.
   *
   * @param nowMs - the clock that expiry is compared with.
   */
  authenticate(token: string, nowMs: number): Authentication;
  records(): Iterable<TokenRecord | SubjectRecord>;
}

/** Creates an empty table. */
export function createSubjectTable(): SubjectTable {
  const tokens = new Map<string, TokenRecord>();
  const subjects = new Map<string, Subject>();

  return {
    putToken: (token) => void tokens.set(token.id, token),
    removeToken: (id) => void tokens.delete(id),
    putSubject: (record) =>
      void subjects.set(record.id, { record, grants: createPermissionIndex(record.permissions) }),
    removeSubject: (id) => void subjects.delete(id),
    authenticate(token, nowMs) {
      const known = tokens.get(hash('sha256', token));
      if (known === undefined) return refuse('wrong credentials: token is unknown or was revoked');
      if (known.expiresAt !== null && nowMs >= known.expiresAt) {
        return refuse('given access token has expired');
      }
      const subject = subjects.get(known.subjectId);
      return subject === undefined
        ? refuse('wrong credentials: the owner of this token is not active')
        : { kind: 'known', subject };
    },
    *records() {
      yield* tokens.values();
      for (const subject of subjects.values()) yield subject.record;
    },
  };
}

function refuse(reason: string): Authentication {
  return { kind: 'refused', reason };
}
