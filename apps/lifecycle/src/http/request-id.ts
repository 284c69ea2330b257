import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { TRACING_HEADER } from '@racetrack-platform/contracts';

/** What may stand in log lines and answers: no control characters, nothing long. */
const SANE_ID = /^[\w.:-]{1,64}$/;

/** The id of a request: the one that its sender chose, when it is sane, else a new one. */
export function chooseRequestId(request: { headers: IncomingHttpHeaders }): string {
  const given = request.headers[TRACING_HEADER.toLowerCase()];
  return typeof given === 'string' && SANE_ID.test(given) ? given : randomUUID();
}
