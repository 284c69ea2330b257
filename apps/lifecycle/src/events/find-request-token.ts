import type { IncomingHttpHeaders } from 'node:http';
import { AUTH_COOKIE } from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';
import { findTokenHeader } from '../auth/authenticate.ts';
import { requireSameOrigin } from '../dashboard/same-origin.ts';

/**
 * The token of a request for events. Pages cannot set headers on event streams, so the session cookie counts too – but
 * only from a page of this very origin.
 *
 * @throws PlatformError `NOT_AUTHENTICATED`, or `PERMISSION_DENIED` for a cookie from elsewhere.
 */
export function findRequestToken(headers: IncomingHttpHeaders): string {
  const inHeader = findTokenHeader(headers);
  if (inHeader !== undefined) return inHeader;
  const inCookie = findCookie(headers.cookie ?? '');
  if (inCookie !== undefined) {
    requireSameOrigin(headers);
    return inCookie;
  }
  throw new PlatformError('NOT_AUTHENTICATED', 'following events needs a token', {
    hint: 'Send the token in the header X-Racetrack-Auth; in a browser, sign in on the sign-in page first (port 7003 by default).',
  });
}

function findCookie(header: string): string | undefined {
  for (const pair of header.split(';')) {
    const [name = '', value = ''] = pair.trim().split('=', 2);
    if (name !== AUTH_COOKIE || value === '') continue;
    try {
      return decodeURIComponent(value);
    } catch {
      return undefined;
    }
  }
  return undefined;
}
