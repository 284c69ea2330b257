import type { AuditEvent } from '../audit/record-audit.ts';
import type { AuthenticatedSubject } from './authenticated-subject.ts';

/** Who does something, in the words of the audit log. */
export type Actor = Pick<AuditEvent, 'executor' | 'executorSubjectId' | 'address'>;

/** @param address - where the request comes from. */
export function actorOf(subject: AuthenticatedSubject, address: string): Actor {
  return { executor: subject.name, executorSubjectId: subject.subjectId, address };
}
