import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { LoadRequest, LoadResult } from './load-request.ts';

const WRK = '/usr/bin/wrk';
const SLACK_MS = 30_000;

/** The program that makes the load: `wrk` where it is installed, since it leaves more of the machine to the server. */
export function nameLoadProgram(): string {
  return existsSync(WRK) ? 'wrk' : 'a Node.js client';
}

/**
 * Puts load on a local server from another process.
 *
 * @param folder - for the script of wrk.
 */
export async function runLoad(folder: string, request: LoadRequest): Promise<LoadResult> {
  return existsSync(WRK) ? await runWrk(folder, request) : await runClient(request);
}

async function runClient(request: LoadRequest): Promise<LoadResult> {
  const program = path.join(import.meta.dirname, 'client-program.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [program, JSON.stringify(request)], {
    timeout: request.durationMs + SLACK_MS,
  });
  return JSON.parse(stdout) as LoadResult;
}

async function runWrk(folder: string, request: LoadRequest): Promise<LoadResult> {
  const script = path.join(folder, 'wrk.lua');
  const headers = Object.entries(request.headers).map(
    ([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`,
  );
  writeFileSync(
    script,
    ['wrk.method = "POST"', `wrk.body = ${JSON.stringify(request.body)}`, ...headers].join('\n'),
  );
  const seconds = `${Math.ceil(request.durationMs / 1_000)}s`;
  const url = `http://127.0.0.1:${request.port}${request.path}`;
  const args = ['-t1', `-c${request.connections}`, `-d${seconds}`, '-s', script, url];
  const { stdout } = await promisify(execFile)(WRK, args, { timeout: request.durationMs + SLACK_MS });
  return parseWrk(stdout);
}

/** Reads the report of wrk 4. */
export function parseWrk(text: string): LoadResult {
  const requests = Number(/(\d+) requests in/.exec(text)?.[1] ?? Number.NaN);
  const denied = Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0);
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text);
  const broken = errors === null ? 0 : errors.slice(1).reduce((sum, count) => sum + Number(count), 0);
  return { requests, failures: denied + broken };
}
