import { quantile } from '../median.ts';
import { readFamilyCpuMs } from '../platform/process-family.ts';
import type { Platform } from '../platform/start-platform.ts';

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
  readonly maxMs: number;
  /** Of the whole platform for one answer: steadier than the clock where others are at work. */
  readonly cpuMs: number;
  /** Size of one answer. */
  readonly bytes: number;
}

const WARM_UP = 5;

/**
 * Asks again and again, one request after the other, and reads each answer to its end.
 *
 * @param platform - whose lifecycle is asked.
 */
export async function timeRequests(
  { pid, endpoints }: Platform,
  { path, token }: TimedRequest,
  count: number,
): Promise<RequestTimes> {
  const times: number[] = [];
  let bytes = 0;
  let cpuBeforeMs = 0;
  for (let run = 0; run < WARM_UP + count; run += 1) {
    if (run === WARM_UP) cpuBeforeMs = readFamilyCpuMs(pid);
    const startedAt = performance.now();
    const response = await fetch(`${endpoints.lifecycle}/api/v1/${path}`, {
      headers: { 'x-racetrack-auth': token },
    });
    const body = await response.arrayBuffer();
    if (!response.ok) throw new Error(`${path} was answered with ${response.status}`);
    if (run >= WARM_UP) times.push(performance.now() - startedAt);
    bytes = body.byteLength;
  }
  const cpuMs = (readFamilyCpuMs(pid) - cpuBeforeMs) / count;
  return {
    medianMs: quantile(times, 0.5),
    p95Ms: quantile(times, 0.95),
    maxMs: Math.max(...times),
    cpuMs,
    bytes,
  };
}
