import type { IncomingHttpHeaders } from 'node:http';
import { PlatformError } from '@racetrack-platform/errors';

/**
 * Refuses forms that were sent from pages of another origin (CSRF). Browsers say where a form comes from; what says
 * nothing at all is not a browser, and carries no cookie that it was not given on purpose.
 *
 * Other ports of this host are other origins: pages of jobs, which pub serves, cannot send our forms.
 *
 * @throws PlatformError `PERMISSION_DENIED`.
 */
export function requireSameOrigin(headers: IncomingHttpHeaders): void {
  const site = headers['sec-fetch-site'];
  const isForeignSite = site !== undefined && site !== 'same-origin' && site !== 'none';
  if (!isForeignSite && isOwnOrigin(headers.origin, headers.host)) return;
  throw new PlatformError('PERMISSION_DENIED', 'the form was sent from a page of another site', {
    hint: 'Open this page directly and try again.',
  });
}

function isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}
