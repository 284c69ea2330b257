import { AUTH_HEADER, isPublicEndpoint, normalizeEndpoint } from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';
import { findToken, type ReadHeader } from '../authorization/find-token.ts';
import type { Subject } from '../authorization/subject-table.ts';
import type { Tables } from '../feed/tables.ts';
import type { RoutedJob } from './job-table.ts';
import { parseTarget, type JobTarget, type Page } from './parse-target.ts';

/** What pub has to know of a request to decide on it: plain data, whichever lane read it. */
export interface CallHead {
  readonly method: string;
  /** The raw request target. */
  readonly target: string;
  readonly readHeader: ReadHeader;
}

/** A call that may go to its job. */
export interface AllowedCall {
  readonly job: RoutedJob;
  /** Path and query for the job; exactly what was authorised. */
  readonly path: string;
  /** What was authorised, in canonical spelling. */
  readonly endpoint: string;
  /** `undefined` on endpoints that are open to everybody. */
  readonly caller: string | undefined;
}

export type Decision =
  | { readonly kind: 'page'; readonly page: Page }
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'refused'; readonly error: PlatformError }
  | { readonly kind: 'call'; readonly call: AllowedCall };

/**
 * Decides what becomes of a request: the one place where pub says yes or no.
 *
 * Who calls is settled before whether the job exists, so that a stranger cannot find out which jobs there are.
 *
 * @param tables - `undefined` before anything was heard from lifecycle.
 * @param head - the request.
 * @param nowMs - the clock that the expiry of tokens is compared with.
 */
export function decideCall(tables: Tables | undefined, head: CallHead, nowMs: number): Decision {
  const target = parseTarget(head.target);
  switch (target.kind) {
    case 'job':
      return decideJobCall(tables, target, head, nowMs);
    case 'malformed':
      return refuse('BAD_REQUEST', `the path is refused: ${target.reason}`, {
        hint: 'Send the path in its simplest spelling.',
      });
    case 'page':
    case 'redirect':
      return head.method === 'GET' || head.method === 'HEAD' ? target : { kind: 'unknown' };
    case 'unknown':
      return target;
  }
}

function decideJobCall(
  tables: Tables | undefined,
  target: JobTarget,
  head: CallHead,
  nowMs: number,
): Decision {
  if (tables === undefined) {
    return refuse('FEED_UNAVAILABLE', 'the routing tables are not here yet', {
      hint: 'Try again in a few seconds; if it stays so, see whether lifecycle is running.',
    });
  }
  if (tables.isInMaintenance()) {
    const text = 'Racetrack is currently in maintenance mode. Please try again later.';
    return refuse('MAINTENANCE', `Authorizing Job caller: ${text}`);
  }
  const endpoint = normalizeEndpoint(target.endpoint);
  const lookup = tables.jobs.find(target.name, target.version);
  if (lookup.kind === 'found' && isPublicEndpoint(endpoint, lookup.job.route.publicEndpoints)) {
    return allow(lookup.job, target, endpoint, undefined);
  }

  const token = findToken(head.readHeader);
  if (token === undefined) {
    return unauthenticated(
      `no header ${AUTH_HEADER}: not logged in`,
      'Send your token in this header; in a browser, sign in on the dashboard first.',
    );
  }
  const who = tables.subjects.authenticate(token, nowMs);
  if (who.kind === 'refused') {
    return unauthenticated(who.reason, 'Log in again, or ask an administrator for a new token.');
  }
  if (lookup.kind === 'missing') {
    return refuse('JOB_NOT_FOUND', `Job was not found: ${lookup.message}`, {
      hint: 'See which jobs and versions there are: racetrack list.',
    });
  }
  return authorize(lookup.job, target, endpoint, who.subject);
}

function authorize(job: RoutedJob, target: JobTarget, endpoint: string, subject: Subject): Decision {
  const { id, name, version } = job.route;
  const { caller } = subject.record;
  const grant = subject.grants.findCallGrant({ family: name, jobId: id, endpoint });
  if (grant !== undefined) return allow(job, target, endpoint, caller);
  const resource = `endpoint ${endpoint} at resource "${name} v${version}"`;
  return refuse(
    'PERMISSION_DENIED',
    `Unauthenticated: no permission to do this operation: auth subject "${caller}" does not have permission to access ${resource} with scope "call_job"`,
    { hint: `Ask the owner of ${name} to grant "call_job" to ${caller}.` },
  );
}

function allow(job: RoutedJob, target: JobTarget, endpoint: string, caller: string | undefined): Decision {
  const path = `${job.prefix}${target.rest}${target.query}`;
  return { kind: 'call', call: { job, path, endpoint, caller } };
}

function unauthenticated(reason: string, hint: string): Decision {
  return refuse('NOT_AUTHENTICATED', `Unauthenticated: ${reason}`, { hint });
}

/** All refusals on the way to a job start like those of Racetrack 2.36. */
function refuse(...[code, message, options]: ConstructorParameters<typeof PlatformError>): Decision {
  return { kind: 'refused', error: new PlatformError(code, `Proxy request error: ${message}`, options) };
}
