import type { FastifyReply } from 'fastify';
import { AUTH_COOKIE } from '@racetrack-platform/contracts';

/** 31 days, as in Racetrack 2.36. */
const MAX_AGE_SECONDS = 2_678_400;

export interface SessionCookieOptions {
  /** Whether browsers may send it over https only. */
  readonly secure: boolean;
  /** Left out: this host alone, on all its ports. */
  readonly domain?: string | undefined;
}

/**
 * Writes the cookie that lets a browser open jobs through pub. As in Racetrack 2.36, except that scripts cannot read it.
 *
 * @param reply - of an app with `@fastify/cookie`.
 */
export function setSessionCookie(reply: FastifyReply, options: SessionCookieOptions, token: string): void {
  reply.setCookie(AUTH_COOKIE, token, { ...attributes(options), maxAge: MAX_AGE_SECONDS });
}

/** Tells the browser to forget it. */
export function expireSessionCookie(reply: FastifyReply, options: SessionCookieOptions): void {
  reply.setCookie(AUTH_COOKIE, '', { ...attributes(options), maxAge: 0 });
}

function attributes({ secure, domain }: SessionCookieOptions) {
  return {
    path: '/',
    sameSite: 'lax',
    httpOnly: true,
    secure,
    encode: encodeURIComponent,
    ...(domain === undefined ? {} : { domain }),
  } as const;
}
