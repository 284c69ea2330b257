import type { PermissionAnswer } from '@racetrack-platform/client';
import { scopeSchema, type Scope } from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';

/** @throws PlatformError `USAGE`, naming the scopes there are. */
export function parseScope(text: string): Scope {
  const scope = scopeSchema.safeParse(text);
  if (scope.success) return scope.data;
  throw new PlatformError('USAGE', `unknown scope '${text}'`, {
    hint: `Choose one of ${scopeSchema.options.join(', ')}.`,
  });
}

/** Takes `NAME/VERSION` apart. */
export function parseJob(text: string): { name: string; version: string } {
  const [name = '', version = '', ...rest] = text.split('/');
  if (name !== '' && version !== '' && rest.length === 0) return { name, version };
  throw new PlatformError('USAGE', `'${text}' is not of the form NAME/VERSION`, {
    hint: `For all versions of a job: --family ${name === '' ? 'NAME' : name}`,
  });
}

/** Where a permission holds, in words. */
export function sayTarget({
  family,
  job,
  endpoint,
}: Pick<PermissionAnswer, 'family' | 'job' | 'endpoint'>): string {
  const ofFamily = family === null ? 'everything' : `job family ${family}`;
  const place = job === null ? ofFamily : `${job.name} v${job.version}`;
  return endpoint === null ? place : `endpoint ${endpoint} of ${place}`;
}

/** Who holds it: an external service goes by an id, which says little without its name. */
export function saySubject({
  subject,
  subject_name: name,
}: Pick<PermissionAnswer, 'subject' | 'subject_name'>): string {
  return name === undefined || subject.endsWith(`:${name}`) ? subject : `${subject} (${name})`;
}
