import { ERROR_CODES, presentError, type PlatformError } from '@racetrack-platform/errors';

/** A whole answer of pub's own, for either lane to write. */
export interface OwnResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The job that a failed call was meant for. */
export interface FailedJob {
  readonly name: string;
  readonly version: string;
  readonly status: string;
  /** `undefined` on public endpoints. */
  readonly caller: string | undefined;
}

/**
 * Renders an error as clients of Racetrack 2.36 read it (`error`, `requestId` and, when a job failed, its
 * coordinates), with the fields of design D11 beside them.
 *
 * @param requestId - the id of the call, also sent in the tracing header.
 */
export function renderError(error: PlatformError, requestId: string, job?: FailedJob): OwnResponse {
  const { status, retryable } = ERROR_CODES[error.code];
  const coordinates = job === undefined ? {} : presentJob(job);
  const body = { ...presentError(error, requestId), ...coordinates, requestId };
  const headers: Record<string, string> = { 'Content-Type': 'application/json; charset=utf-8' };
  if (status === 503 && retryable) headers['Retry-After'] = '1';
  return { status, headers, body: JSON.stringify(body) };
}

/** What answers a path that is no route, whatever the method. */
export const NOT_FOUND: OwnResponse = {
  status: 404,
  headers: { 'Content-Type': 'text/plain' },
  body: '404 page not found',
};

function presentJob(job: FailedJob): Record<string, string> {
  return {
    jobName: job.name,
    jobVersion: job.version,
    jobStatus: job.status,
    caller: job.caller ?? '',
  };
}
