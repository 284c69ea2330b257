import { PlatformError } from '@racetrack-platform/errors';

/**
 * Joins a job's address with an endpoint.
 *
 * @param pubUrl - as the server gives it.
 * @param endpoint - with or without leading slash; may have a query.
 * @throws {@link PlatformError} `USAGE` when the result would leave the job, since the token goes along.
 */
export function jobUrl(pubUrl: string | null | undefined, endpoint: string): string {
  if (pubUrl === null || pubUrl === undefined || !URL.canParse(pubUrl)) {
    throw new PlatformError('UPSTREAM_UNAVAILABLE', 'the server gave no address for this job', {
      hint: 'Check whether Pub is running: racetrack get pub.',
    });
  }
  const base = pubUrl.replace(/\/+$/, '');
  const url = new URL(base + (endpoint.startsWith('/') ? endpoint : `/${endpoint}`));
  const { origin, pathname } = new URL(`${base}/`);
  if (url.origin === origin && url.pathname.startsWith(pathname)) return url.href;
  throw new PlatformError('USAGE', `the endpoint "${endpoint}" leads out of the job`, {
    hint: 'Give a path within the job, such as /api/v1/perform.',
  });
}
