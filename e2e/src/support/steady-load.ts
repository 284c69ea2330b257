import { Agent, request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface SteadyLoadOptions {
  /** Full address of the endpoint. */
  readonly url: string;
  readonly token: string;
  /** Calls are started at this rate, however long the earlier ones take. */
  readonly callsPerSecond: number;
}

export interface SteadyLoadResult {
  readonly calls: number;
  /** What went wrong, call by call. */
  readonly failures: readonly string[];
  /** Milliseconds of every answered call, ascending. */
  readonly durationsMs: readonly number[];
  /** How often each body came. */
  readonly answers: ReadonlyMap<string, number>;
}

/** One answer as it came. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * Calls at a steady rate over connections that are kept alive, as a service in front of a job would.
 *
 * @returns the way to stop: waits for the calls in flight and tells what happened.
 */
export function startSteadyLoad(options: SteadyLoadOptions): () => Promise<SteadyLoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const failures: string[] = [];
  const durationsMs: number[] = [];
  const answers = new Map<string, number>();
  const inFlight = new Set<Promise<void>>();
  const stopped = new AbortController();
  let calls = 0;

  async function callOnce(): Promise<void> {
    const startedAt = performance.now();
    try {
      const { status, body } = await post({ ...options, agent, body: '{}' });
      durationsMs.push(performance.now() - startedAt);
      if (status !== 200) failures.push(`${status} ${body}`);
      answers.set(body, (answers.get(body) ?? 0) + 1);
    } catch (error) {
      failures.push(String(error));
    }
  }

  const pacing = (async () => {
    const startedAt = performance.now();
    while (!stopped.signal.aborted) {
      const due = Math.floor(((performance.now() - startedAt) / 1_000) * options.callsPerSecond);
      for (; calls < due; calls += 1) {
        const call = callOnce().finally(() => inFlight.delete(call));
        inFlight.add(call);
      }
      await sleep(5);
    }
  })();

  return async () => {
    stopped.abort();
    await pacing;
    await Promise.all(inFlight);
    agent.destroy();
    return { calls, failures, durationsMs: durationsMs.sort((a, b) => a - b), answers };
  };
}

/** One POST of JSON; rejects when the connection breaks or the body is cut off. */
export async function post(options: {
  readonly url: string;
  readonly token: string;
  readonly body: string;
  readonly agent?: Agent;
  /** The body goes out in this many pieces with pauses between them. */
  readonly pieces?: { readonly count: number; readonly pauseMs: number };
  /** Pause before each piece of the answer is read. */
  readonly readPauseMs?: number;
}): Promise<Answer> {
  const headers = { 'content-type': 'application/json', 'x-racetrack-auth': options.token };
  const outgoing = request(options.url, { method: 'POST', headers, agent: options.agent ?? false });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.on('response', resolve);
    outgoing.on('error', reject);
  });
  // A refusal may come while the body is still being sent; it is awaited below.
  answered.catch(() => {});
  await send(outgoing, options);
  const incoming = await answered;
  let body = '';
  incoming.setEncoding('utf8');
  for await (const chunk of incoming) {
    body += String(chunk);
    if (options.readPauseMs !== undefined) await sleep(options.readPauseMs);
  }
  return { status: incoming.statusCode ?? 0, body };
}

async function send(
  outgoing: ReturnType<typeof request>,
  { body, pieces }: Pick<Parameters<typeof post>[0], 'body' | 'pieces'>,
): Promise<void> {
  if (pieces === undefined) {
    outgoing.end(body);
    return;
  }
  const size = Math.ceil(body.length / pieces.count);
  for (let offset = 0; offset < body.length; offset += size) {
    outgoing.write(body.slice(offset, offset + size));
    await sleep(pieces.pauseMs);
  }
  outgoing.end();
}
