import { parseSubjectRef } from '@racetrack-platform/contracts';
import {
  createEscRepository,
  createSubjectRepository,
  type Queryable,
  type SubjectIdentity,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';

/**
 * Finds whom people mean.
 *
 * @param text - `user:alice@example.com`, `esc:NAME-or-ID` or `job-family:NAME`.
 * @throws PlatformError `BAD_REQUEST` for another form, and for a name that several external services have; `NOT_FOUND`.
 */
export async function findSubject(db: Queryable, text: string): Promise<SubjectIdentity> {
  const ref = parseSubjectRef(text);
  if (ref === undefined) {
    throw new PlatformError('BAD_REQUEST', 'a subject has the form user:NAME, esc:NAME or job-family:NAME', {
      hint: 'Write for instance user:alice@example.com, esc:shop or job-family:adder.',
    });
  }
  const subjects = createSubjectRepository(db);
  switch (ref.kind) {
    case 'user':
      return (await subjects.findByUsername(ref.name)) ?? notFound(`User ${ref.name} was not found`);
    case 'job_family':
      return await findFamily(db, ref.name);
    case 'esc':
      return await findEsc(db, await findEscId(db, ref.name));
  }
}

/** @throws PlatformError `NOT_FOUND` in the words of Racetrack 2.36. */
export async function findFamily(db: Queryable, name: string): Promise<SubjectIdentity> {
  const subject = await createSubjectRepository(db).findByFamily(name);
  return (
    subject ??
    notFound(
      `Job Family with name ${name} was not found`,
      'A job family begins with its first deployment: deploy a job of that name first. Otherwise compare the spelling; letter case counts.',
    )
  );
}

/** @throws PlatformError `NOT_FOUND` in the words of Racetrack 2.36. */
export async function findEsc(db: Queryable, id: string): Promise<SubjectIdentity> {
  const subject = await createSubjectRepository(db).findByEsc(id);
  return subject ?? notFound(`ESC with ID ${id} was not found`);
}

/** An id wins over a name. */
async function findEscId(db: Queryable, nameOrId: string): Promise<string> {
  const escs = createEscRepository(db);
  if ((await escs.find(nameOrId)) !== undefined) return nameOrId;
  const named = (await escs.list()).filter(({ name }) => name === nameOrId);
  if (named.length <= 1) return named[0]?.id ?? nameOrId;
  throw new PlatformError('BAD_REQUEST', `${named.length} external services are called ${nameOrId}`, {
    hint: `Name one by its id: ${named.map(({ id }) => `esc:${id}`).join(', ')}`,
  });
}

function notFound(message: string, hint = 'Compare the spelling; letter case counts.'): never {
  throw new PlatformError('NOT_FOUND', message, { hint });
}
