import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { adviseOnJobError } from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';
import type { JobProcess } from './job-process.ts';

const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 100;
const PROBE_TIMEOUT_MS = 3_000;
const MAX_BODY_CHARS = 64 * 1024;

/**
 * Waits until a job that was just started says that it is ready, however long its initialisation takes.
 *
 * @throws PlatformError `JOB_NOT_READY` when it ends or reports that its initialisation has failed.
 */
export async function awaitReady(job: JobProcess, signal: AbortSignal): Promise<void> {
  let end: string | undefined;
  void job.ended.then((how) => (end = how));
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
    signal.throwIfAborted();
    if (end !== undefined)
      throw new PlatformError('JOB_NOT_READY', `the job ended before it was ready: ${end}`);
    if (await isReady(job.socket)) return;
    await Promise.race([sleep(pauseMs), job.ended]);
  }
}

async function isReady(socketPath: string): Promise<boolean> {
  const live = await probe(socketPath, '/live').catch(() => undefined);
  if (live === undefined) return false;
  if (live.status !== 200) {
    const reason = readError(live.body);
    throw new PlatformError(
      'JOB_NOT_READY',
      reason === undefined
        ? `the job says that it is not alive: status ${live.status} of /live`
        : `its initialisation failed: ${reason}`,
      { hint: adviseOnJobError(reason ?? '') },
    );
  }
  const ready = await probe(socketPath, '/ready').catch(() => undefined);
  return ready?.status === 200;
}

function readError(body: string): string | undefined {
  try {
    const answer: unknown = JSON.parse(body);
    if (typeof answer !== 'object' || answer === null || !('error' in answer)) return undefined;
    return typeof answer.error === 'string' ? answer.error : undefined;
  } catch {
    return undefined;
  }
}

async function probe(socketPath: string, path: string): Promise<{ status: number; body: string }> {
  return await new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    const outgoing = request({ socketPath, path, agent: false, signal }, (incoming) => {
      let body = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => {
        if (body.length < MAX_BODY_CHARS) body += chunk;
      });
      incoming.on('error', reject);
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body }));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
