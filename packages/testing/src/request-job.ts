import { request } from 'node:http';
import type { Address } from '@racetrack-platform/contracts';
import { waitUntil } from './wait-until.ts';

/** What the test job tells about itself. */
export interface JobAnswer {
  readonly pid: number;
  /** Of this run of it, and of no other. */
  readonly startId: string;
  /** Of its parent, the shim on the process target. */
  readonly ppid: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
}

/**
 * Sends a GET request to a job, repeating it while nobody listens.
 *
 * @returns the JSON of its answer.
 */
export async function requestJob(address: Address, path = '/', timeoutMs = 10_000): Promise<JobAnswer> {
  return await waitUntil(
    `an answer of the job to ${path}`,
    async () => await requestOnce(address, path),
    timeoutMs,
  );
}

async function requestOnce(address: Address, path: string): Promise<JobAnswer> {
  const target = address.kind === 'unix' ? { socketPath: address.path } : address;
  return await new Promise((resolve, reject) => {
    const sent = request({ ...target, path, agent: false, timeout: 2_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(JSON.parse(text) as JobAnswer));
      response.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error('the job did not answer')));
    sent.on('error', reject);
    sent.end();
  });
}
