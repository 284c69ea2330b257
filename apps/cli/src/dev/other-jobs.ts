import { timingSafeEqual } from 'node:crypto';
import { request as requestHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { request as requestHttps } from 'node:https';
import { AUTH_HEADER } from '@racetrack-platform/contracts/processes';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import { composeHeaders, forward } from './forward.ts';
import { answerError } from './answer-error.ts';

/** The server that answers calls to other jobs. */
export interface OtherJobs {
  /** Base of its jobs, without a slash at the end, such as `https://racetrack.example.com/pub`. */
  readonly findPubUrl: () => Promise<string>;
  /** The author's own. */
  readonly token: string;
}

export interface CallOtherJobOptions {
  /** Undefined: none was named. */
  readonly server: OtherJobs | undefined;
  /** What the job here was told to send: with it alone somebody may use the author's token. */
  readonly localToken: string;
  /** Name of the job that is called. */
  readonly name: string;
}

/** Answers a call to a job that does not run here: forwards it to the server with the author's token, or says how. */
export async function callOtherJob(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { server, localToken, name }: CallOtherJobOptions,
): Promise<void> {
  try {
    if (server === undefined) throw explainMissing(name);
    // Otherwise every page in the author's browser could call jobs in the author's name.
    if (!isSame(incoming.headers[AUTH_HEADER.toLowerCase()], localToken)) throw explainDenied(name);
    if (leadsAway(incoming.url ?? '')) throw explainAway();
    const base = new URL(await server.findPubUrl());
    const path = (incoming.url ?? '').replace(/^\/pub/, base.pathname.replace(/\/+$/, ''));
    const open = base.protocol === 'https:' ? requestHttps : requestHttp;
    const headers = composeHeaders(incoming.headers, {
      host: base.host,
      [AUTH_HEADER.toLowerCase()]: server.token,
    });
    const { hostname, port } = base;
    forward(
      incoming,
      outgoing,
      open,
      { host: hostname.replace(/^\[|\]$/g, ''), port, path, headers },
      (cause) => answerError(incoming, outgoing, unreachable(base.origin, cause)),
    );
  } catch (error) {
    answerError(incoming, outgoing, PlatformError.is(error) ? error : unreachable('the server', error));
  }
}

function isSame(given: string | string[] | undefined, expected: string): boolean {
  const [a, b] = [Buffer.from(String(given)), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Whether the server could take the path for another one: the author's token goes to jobs, nowhere else. */
function leadsAway(url: string): boolean {
  let path = url.replace(/[?#].*/s, '');
  // However often it is encoded: someone on the way may decode it as often.
  for (let decoded = decode(path); decoded !== path; decoded = decode(path)) path = decoded;
  return path.split(/[/\\]/).some((segment) => segment === '.' || segment === '..');
}

/** Each round makes it shorter, so there is a last one. */
function decode(path: string): string {
  return path.replace(/%(25|2e|2f|5c)/gi, (_all, code: string) =>
    String.fromCodePoint(Number.parseInt(code, 16)),
  );
}

function explainAway(): PlatformError {
  return new PlatformError('BAD_REQUEST', 'the address of another job has a part . or ..', {
    hint: 'Call /pub/job/NAME/VERSION/api/v1/perform without such parts.',
  });
}

function explainMissing(name: string): PlatformError {
  return new PlatformError('JOB_NOT_FOUND', `the job ${name} does not run here`, {
    hint: 'Calls to other jobs go to a server: log in once with racetrack login, then start with racetrack dev --remote URL',
  });
}

function explainDenied(name: string): PlatformError {
  return new PlatformError(
    'NOT_AUTHENTICATED',
    `only the job that runs here may call ${name} through this address`,
    {
      hint: `Call it at its server: racetrack call ${name} /api/v1/perform`,
    },
  );
}

function unreachable(server: string, cause: unknown): PlatformError {
  return new PlatformError('UPSTREAM_UNAVAILABLE', `${server} cannot be reached: ${messageOf(cause)}`, {
    hint: 'Check the server of --remote: racetrack get pub',
    cause,
  });
}
