import type { Permission } from '@racetrack-platform/contracts';
import type { SubjectIdentity, SubjectKind } from '@racetrack-platform/db';

/** Who is asking, with all they are allowed. */
export interface AuthenticatedSubject {
  readonly subjectId: string;
  readonly kind: SubjectKind;
  /** User name, name of an external service, or name of a job family. */
  readonly name: string;
  /** The same for messages: `User x`, `ESC x` or `Job family x`. */
  readonly caller: string;
  readonly isStaff: boolean;
  readonly permissions: readonly Permission[];
  /** Row of the token that was sent. */
  readonly tokenId: string;
}

const CALLER_WORDS: Record<SubjectKind, string> = { user: 'User', esc: 'ESC', job_family: 'Job family' };

/** How messages, audit and the caller header name a subject. */
export function presentCaller({ kind, name }: Pick<SubjectIdentity, 'kind' | 'name'>): string {
  return `${CALLER_WORDS[kind]} ${name}`;
}
