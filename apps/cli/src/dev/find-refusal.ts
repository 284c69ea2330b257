import type { IncomingMessage } from 'node:http';
import { PlatformError } from '@racetrack-platform/errors';

/** What every computer calls itself. A name of the internet may lead here as well, but it is none of these. */
const LOOPBACK_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::(\d{1,5}))?$/i;
const HTTP_PORT = '80';

/**
 * Refuses requests that a page of somebody else makes in the author's browser: each such page reaches this machine, and
 * could use the job and what the job may do.
 *
 * The port of `Host` may be another one, that of a tunnel. A page belongs here when its address has that port, or ours.
 *
 * @param port - ours.
 * @returns why it is refused, to be answered with 403; undefined when it is not.
 */
export function findRefusal(
  { headers }: Pick<IncomingMessage, 'headers'>,
  port: number,
): PlatformError | undefined {
  const hostPort = findPort(headers.host ?? '');
  if (hostPort === undefined) {
    return refuse('it is not addressed to this machine', `Use http://127.0.0.1:${port} as its address.`);
  }
  const isForeign =
    headers.origin !== undefined && ![hostPort, String(port)].includes(findOriginPort(headers.origin));
  if (isForeign || headers['sec-fetch-site'] === 'cross-site') {
    return refuse(
      'it comes from a page of another site',
      `Open http://127.0.0.1:${port} by typing it into the address bar; a page of your own can call the job through its own server.`,
    );
  }
  return undefined;
}

/** Undefined unless it is this machine. */
function findPort(host: string): string | undefined {
  const match = LOOPBACK_HOST.exec(host);
  return match === null ? undefined : (match[1] ?? HTTP_PORT);
}

function findOriginPort(origin: string): string {
  return (origin.startsWith('http://') ? findPort(origin.slice('http://'.length)) : undefined) ?? '';
}

function refuse(reason: string, hint: string): PlatformError {
  return new PlatformError('PERMISSION_DENIED', `this request is refused: ${reason}`, { hint });
}
