import {
  AUTH_HEADER,
  DEFAULT_PORTS,
  formatGrantCommand,
  formatSubjectRef,
  isPublicEndpoint,
  MAINTENANCE_TEXT,
  normalizeEndpoint,
  parseCaller,
} from '@racetrack-platform/contracts/processes';
import { PlatformError } from '@racetrack-platform/errors';
import { isVersionAlias } from '@racetrack-platform/manifest/versions';
import { findToken, type ReadHeader } from '../authorization/find-token.ts';
import { isFromForeignPage } from '../authorization/foreign-page.ts';
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
  /** Port of the sign-in page, as far as it is known. */
  readonly signInPort?: number | undefined;
  /** Whether the peer is a proxy whose word on its clients counts. */
  readonly isFromTrustedProxy: () => boolean;
}

/** Methods that change nothing (RFC 9110, 9.2.1). */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** A call that may go to its job. */
export interface AllowedCall {
  readonly job: RoutedJob;
  /** What the client calls the job by; with an alias it is not {@link RoutedJob.prefix}. */
  readonly prefix: string;
  /** Path and query for the job; exactly what was authorised. */
  readonly path: string;
  /** What was authorised, in canonical spelling. */
  readonly endpoint: string;
  /** `undefined` on endpoints that are open to everybody. */
  readonly caller: string | undefined;
  /** The caller's id, for who calls whom. */
  readonly subjectId: string | undefined;
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
  const maintenance = tables.maintenance();
  if (maintenance.isOn) {
    const hint = maintenance.message ?? 'Wait until an administrator ends it.';
    return refuse('MAINTENANCE', `Authorizing Job caller: ${MAINTENANCE_TEXT}`, { hint });
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
      `Send your token in this header; in a browser, sign in on the sign-in page first (${describePort(head)}).`,
    );
  }
  if (isAskedByForeignPage(head, token)) {
    return refuse('PERMISSION_DENIED', 'the call was made by a page of another site', {
      hint: `Make it from a page of this very address, such as the web pages of the job; a program sends its token in the header ${AUTH_HEADER}.`,
    });
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

/** Whether a page that is none of ours wants a change or another protocol, and the browser proves who sits before it. */
function isAskedByForeignPage(head: CallHead, token: string): boolean {
  const { readHeader } = head;
  if (readHeader('cookie') === undefined) return false;
  if (SAFE_METHODS.has(head.method) && readHeader('upgrade') === undefined) return false;
  if (!isFromForeignPage(readHeader, head.isFromTrustedProxy)) return false;
  return findToken((name) => (name === 'cookie' ? undefined : readHeader(name))) !== token;
}

function authorize(job: RoutedJob, target: JobTarget, endpoint: string, subject: Subject): Decision {
  const { id, name, version } = job.route;
  const grant = subject.grants.findCallGrant({ family: name, jobId: id, endpoint });
  if (grant !== undefined) return allow(job, target, endpoint, subject.record);
  const { caller } = subject.record;
  const resource = `endpoint ${endpoint} at resource "${name} v${version}"`;
  return refuse(
    'PERMISSION_DENIED',
    `Unauthenticated: no permission to do this operation: auth subject "${caller}" does not have permission to access ${resource} with scope "call_job"`,
    { hint: sayWhatToGrant(caller, target) },
  );
}

/** A version that was asked for by an alias will be another tomorrow: then the family is what is wanted. */
function sayWhatToGrant(caller: string, { name, version }: JobTarget): string {
  const subject = parseCaller(caller);
  const who = subject === undefined ? caller : formatSubjectRef(subject);
  const place = isVersionAlias(version) ? { family: name } : { job: { name, version } };
  return `Ask an administrator for the permission: ${formatGrantCommand(who, 'call_job', place)}`;
}

function allow(
  job: RoutedJob,
  target: JobTarget,
  endpoint: string,
  who: Subject['record'] | undefined,
): Decision {
  const path = `${job.prefix}${target.rest}${target.query}`;
  const { prefix } = target;
  return { kind: 'call', call: { job, prefix, path, endpoint, caller: who?.caller, subjectId: who?.id } };
}

function describePort({ signInPort }: CallHead): string {
  return signInPort === undefined ? `port ${DEFAULT_PORTS.dashboard} by default` : `port ${signInPort} here`;
}

function unauthenticated(reason: string, hint: string): Decision {
  return refuse('NOT_AUTHENTICATED', `Unauthenticated: ${reason}`, { hint });
}

/** All refusals on the way to a job start like those of Racetrack 2.36. */
function refuse(...[code, message, options]: ConstructorParameters<typeof PlatformError>): Decision {
  return { kind: 'refused', error: new PlatformError(code, `Proxy request error: ${message}`, options) };
}
