import { z } from 'zod';
import type { Address } from '@racetrack-platform/contracts';
import { messageOf } from '@racetrack-platform/errors';
import { request } from '../http/node-http.ts';

/** As in Racetrack 2.36. */
const PROBE_TIMEOUT_MS = 3_000;
/** A probe's answer is a few bytes; a job that sends more is not read to the end. */
const MAX_BODY_BYTES = 64 * 1024;

/** What one look at an instance tells. */
export type ProbeResult =
  /** No connection, or an answer of an older instance: look again. */
  | { readonly state: 'unreachable'; readonly reason: string }
  /** It answers, but has not finished its start. */
  | { readonly state: 'initializing' }
  | { readonly state: 'ready' }
  /** It says itself that it will not work, or breaks the contract: looking again is no use. */
  | { readonly state: 'failed'; readonly reason: string };

const liveSchema = z.looseObject({
  deployment_timestamp: z.coerce.number().optional(),
  error: z.string().nullish(),
});

/**
 * Asks an instance `/live` and then `/ready` (the algorithm of Racetrack 2.36: reference of lifecycle, 7.4).
 *
 * @param expectedTimestamp - what `/live` must report, so that another instance's answer is never taken for this one's.
 */
export async function probeInstance(
  address: Address,
  expectedTimestamp: number,
  signal: AbortSignal,
): Promise<ProbeResult> {
  try {
    const live = await get(address, '/live', signal);
    const verdict = judgeLive(live, expectedTimestamp);
    if (verdict) return verdict;
    const ready = await get(address, '/ready', signal);
    if (ready.status === 200) return { state: 'ready' };
    if (ready.status === 404)
      return { state: 'failed', reason: 'Job health error: readiness endpoint not found' };
    return { state: 'initializing' };
  } catch (error) {
    signal.throwIfAborted();
    return { state: 'unreachable', reason: `can't reach Job: ${messageOf(error)}` };
  }
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

function judgeLive(answer: Answer, expectedTimestamp: number): ProbeResult | undefined {
  if (answer.status === 404)
    return { state: 'failed', reason: 'Job health error: liveness endpoint not found' };
  if (!answer.contentType.includes('application/json')) {
    return { state: 'failed', reason: 'live endpoint should respond with application/json content-type' };
  }
  const body = parseJson(answer.body);
  const live = liveSchema.safeParse(body);
  if (!live.success) return { state: 'failed', reason: 'live endpoint should respond with JSON object' };
  if (live.data.deployment_timestamp === undefined) {
    return { state: 'failed', reason: 'live endpoint JSON should have "deployment_timestamp" field' };
  }
  if (live.data.deployment_timestamp !== expectedTimestamp) {
    return { state: 'unreachable', reason: "can't reach newer Job, incorrect deployment_timestamp field" };
  }
  if (answer.status === 200) return undefined;
  const reason = live.data.error
    ? `Job initialization error: ${live.data.error}`
    : `Job liveness error: ${answer.status}`;
  return { state: 'failed', reason };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function get(address: Address, path: string, signal: AbortSignal): Promise<Answer> {
  const where =
    address.kind === 'unix' ? { socketPath: address.path } : { host: address.host, port: address.port };
  const timeout = AbortSignal.timeout(PROBE_TIMEOUT_MS);
  return await new Promise<Answer>((resolve, reject) => {
    const outgoing = request(
      { ...where, path, agent: false, signal: AbortSignal.any([signal, timeout]) },
      (incoming) => {
        let body = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk: string) => {
          body += chunk;
          if (body.length > MAX_BODY_BYTES) incoming.destroy(new Error('the answer to a probe is too long'));
        });
        incoming.on('error', reject);
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            contentType: incoming.headers['content-type'] ?? '',
            body,
          }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
}
