import { request } from 'node:http';
import { TRACING_HEADER } from '@racetrack-platform/contracts/processes';
import { readDocumentedExample } from '../deploy/find-example-payload.ts';
import { shellQuote } from '../output/shell-quote.ts';

/** Of requests that only find something out: their lines are left out of the job's log. */
export const OWN_TRACING_ID = 'racetrack-dev';

/** Said instead of a call. */
export const NO_EXAMPLE = 'the job documents no example (docs_input_example)';

/** A call to paste, or to make. */
export interface Example {
  readonly url: string;
  /** JSON. */
  readonly payload: string;
}

/** What a job answered. */
export interface ExampleAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * Finds the example that a job documents.
 *
 * @param base - address of the job, without a slash at the end.
 * @returns undefined when it documents none.
 */
export async function findExample(base: string, signal: AbortSignal): Promise<Example | undefined> {
  const document = await send(`${base}/openapi.json`, undefined, signal).catch(() => undefined);
  const payload = readDocumentedExample(document?.text ?? '');
  return payload === undefined ? undefined : { url: `${base}/api/v1/perform`, payload };
}

/** Calls it. */
export async function callExample({ url, payload }: Example, signal: AbortSignal): Promise<ExampleAnswer> {
  return await send(url, payload, signal);
}

/** The call as a command to paste. */
export function renderExample({ url, payload }: Example): string {
  return `curl -X POST ${url} -H 'Content-Type: application/json' -d ${shellQuote(payload)}`;
}

/** Past any proxy: it is on this machine. */
async function send(url: string, body: string | undefined, signal: AbortSignal): Promise<ExampleAnswer> {
  const headers =
    body === undefined ? { [TRACING_HEADER]: OWN_TRACING_ID } : { 'content-type': 'application/json' };
  return await new Promise((resolve, reject) => {
    const options = { method: body === undefined ? 'GET' : 'POST', headers, agent: false, signal } as const;
    const outgoing = request(url, options, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
