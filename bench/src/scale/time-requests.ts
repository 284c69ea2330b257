import { quantile } from '../median.ts';

/** What is asked, and by whom. */
export interface TimedRequest {
  readonly id: string;
  readonly title: string;
  readonly path: string;
  readonly token: string;
  /** Milliseconds that 95 of 100 answers may take at most; undefined where there is no goal. */
  readonly goalMs?: number;
}

export interface RequestTimes {
  readonly medianMs: number;
  readonly p95Ms: number;
  /** Size of one answer. */
  readonly bytes: number;
}

const WARM_UP = 5;

/**
 * Asks again and again, one request after the other, and reads each answer to its end.
 *
 * @param base - address of lifecycle.
 */
export async function timeRequests(
  base: string,
  { path, token }: TimedRequest,
  count: number,
): Promise<RequestTimes> {
  const times: number[] = [];
  let bytes = 0;
  for (let run = 0; run < WARM_UP + count; run += 1) {
    const startedAt = performance.now();
    const response = await fetch(`${base}/api/v1/${path}`, { headers: { 'x-racetrack-auth': token } });
    const body = await response.arrayBuffer();
    if (!response.ok) throw new Error(`${path} was answered with ${response.status}`);
    if (run >= WARM_UP) times.push(performance.now() - startedAt);
    bytes = body.byteLength;
  }
  return { medianMs: quantile(times, 0.5), p95Ms: quantile(times, 0.95), bytes };
}
