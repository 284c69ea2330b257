import { execFile } from 'node:child_process';
import { request as httpRequest } from 'node:http';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Platform } from './platform.ts';

/** How an attempt to deploy ended. */
export interface Attempt {
  /** Of the answer to the request. */
  readonly status: number;
  /** `undefined` when it succeeded. */
  readonly code: string | undefined;
  readonly error: string;
  readonly hint: string;
}

interface Wire {
  readonly id?: string;
  readonly status?: string;
  readonly error?: string | null;
  readonly code?: string;
  readonly error_code?: string | null;
  readonly hint?: string | null;
}

/** Asks a platform for a deployment over the API, and waits for its end. A text is sent as it is. */
export async function attemptDeployment(platform: Platform, token: string, body: unknown): Promise<Attempt> {
  const url = `${platform.endpoints.lifecycle}/api/v1/deploy`;
  const headers = { 'content-type': 'application/json', 'x-racetrack-auth': token };
  const text = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  const response = await fetch(url, { method: 'POST', headers, body: text });
  const answer = (await response.json()) as Wire;
  const { status } = response;
  if (answer.id === undefined) {
    return { status, code: answer.code, error: answer.error ?? '', hint: answer.hint ?? '' };
  }
  for (const deadline = Date.now() + 150_000; Date.now() < deadline; await sleep(50)) {
    const deployment = (await (await fetch(`${url}/${answer.id}`, { headers })).json()) as Wire;
    if (deployment.status === 'in_progress') continue;
    const { error, hint, error_code: code } = deployment;
    return { status, code: code ?? undefined, error: error ?? '', hint: hint ?? '' };
  }
  throw new Error(`the deployment ${answer.id} does not end`);
}

/** Base64 of a `.tar.gz` of some files, as the API takes it. */
export async function packFiles(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'racetrack-e2e-pack-'));
  try {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, 'in', name)), { recursive: true });
      await writeFile(join(folder, 'in', name), content);
    }
    await promisify(execFile)('tar', ['-czf', join(folder, 'out'), '-C', join(folder, 'in'), '.']);
    return await readFile(join(folder, 'out'), 'base64');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Sends a request whose path no client library has touched. */
export async function requestRaw(
  origin: string,
  path: string,
  options: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  } = {},
): Promise<{ readonly status: number; readonly body: string }> {
  const { hostname, port } = new URL(origin);
  const { method = 'GET', headers = {}, body } = options;
  return await new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, path, method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text })).on('error', reject);
    });
    request.on('error', reject).end(body);
  });
}
