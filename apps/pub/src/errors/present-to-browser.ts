import type { IncomingHttpHeaders } from 'node:http';
import type { OwnResponse } from './render-error.ts';

/** A name, an IPv4 address or an IPv6 address in brackets, before the port (RFC 9110, 7.2). */
const HOST_NAME = /^([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;
/** Nothing is loaded or run, and no page of another site shows it in a frame. */
const HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy':
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
  Vary: 'Accept',
};

export interface Visit {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** Port of the sign-in page on the same host; undefined: not known. */
  readonly signInPort: number | undefined;
}

/**
 * Makes a small page of a refusal for who opens an address in a browser; every other client gets it as it is.
 *
 * @param own - the refusal: JSON with `error` and `hint`, or a plain text.
 */
export function presentToBrowser(own: OwnResponse, visit: Visit): OwnResponse {
  const { method, headers } = visit;
  const wantsPage = (method === 'GET' || method === 'HEAD') && /\btext\/html\b/.test(headers.accept ?? '');
  if (!wantsPage) return own;
  const { error, hint } = readRefusal(own);
  const link = own.status === 401 ? linkToSignIn(visit) : '';
  const body = [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><title>Racetrack</title></head><body>',
    `<h1>${own.status}</h1>`,
    `<p>${escape(error)}</p>`,
    `<p>${escape(hint)}</p>${link}`,
    '</body></html>\n',
  ].join('\n');
  return { status: own.status, headers: { ...own.headers, ...HEADERS }, body };
}

function readRefusal({ headers, body }: OwnResponse): { readonly error: string; readonly hint: string } {
  if (!headers['Content-Type']?.startsWith('application/json')) {
    return { error: body, hint: 'A job is at /pub/job/NAME/VERSION/; racetrack list shows which there are.' };
  }
  const { error = '', hint } = JSON.parse(body) as { error?: string; hint?: string | null };
  return { error, hint: hint ?? '' };
}

/** Behind a proxy nothing is known of the address that people use; elsewhere it is that of the request, on another port. */
function linkToSignIn({ headers, signInPort }: Visit): string {
  const name = HOST_NAME.exec(headers.host ?? '')?.[1];
  const isForwarded = headers['x-forwarded-for'] !== undefined || headers['forwarded'] !== undefined;
  if (name === undefined || signInPort === undefined || isForwarded) return '';
  return `\n<p><a href="http://${escape(name)}:${signInPort}/">Sign in</a>, then load this page again.</p>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
