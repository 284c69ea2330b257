import { messageOf, PlatformError } from '@racetrack-platform/errors';
import {
  hostInputSchema,
  MAX_LINE_BYTES,
  STREAM_WINDOW,
  type HostError,
  type HostOutput,
  type Request,
} from '../protocol.ts';
import { answerCall, isStream, openStream } from './answer-call.ts';
import type { PluginRegistry } from './plugin-registry.ts';
import { createStreamCredit, type StreamCredit } from './stream-credit.ts';

export interface RequestHandlerDeps {
  readonly registry: PluginRegistry;
  /** Writes one line of the protocol. */
  readonly write: (line: string) => void;
  /** For what a plugin's author needs to see and the caller does not: a stack. */
  readonly reportBug: (error: Error) => void;
}

interface RunningRequest {
  readonly abort: AbortController;
  readonly credit: StreamCredit;
}

/** @returns a function that takes every line after the first one, and never throws. */
export function createRequestHandler(deps: RequestHandlerDeps): (line: string) => void {
  const running = new Map<number, RunningRequest>();

  async function answer(request: Request): Promise<void> {
    const abort = new AbortController();
    const credit = createStreamCredit(STREAM_WINDOW, abort.signal);
    running.set(request.id, { abort, credit });
    try {
      if (isStream(request.method)) {
        for await (const item of openStream(deps.registry, request, abort.signal)) {
          await credit.take();
          send(deps, { id: request.id, data: item });
        }
        send(deps, { id: request.id, end: true });
      } else {
        const result = await answerCall(deps.registry, request, abort.signal);
        send(deps, { id: request.id, result: result ?? null });
      }
    } catch (error) {
      if (!abort.signal.aborted) send(deps, { id: request.id, error: presentFailure(deps, request, error) });
    } finally {
      running.delete(request.id);
    }
  }

  return (line) => {
    const input = hostInputSchema.safeParse(parseJson(line));
    if (!input.success) {
      const message = 'the line is not a request of the plugin protocol';
      send(deps, { id: null, error: { code: 'REQUEST_INVALID', message, hint: null } });
    } else if ('cancel' in input.data) {
      running
        .get(input.data.cancel)
        ?.abort.abort(new DOMException('the request was cancelled', 'AbortError'));
    } else if ('pull' in input.data) {
      running.get(input.data.pull)?.credit.grant(input.data.count);
    } else {
      void answer(input.data);
    }
  };
}

/** `undefined` for what is no JSON. The parser's message is not used: it quotes the line, which may hold secrets. */
function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function send(deps: RequestHandlerDeps, message: HostOutput): void {
  const line = JSON.stringify(message);
  if (Buffer.byteLength(line) <= MAX_LINE_BYTES) {
    deps.write(line);
    return;
  }
  const error = { code: 'PLUGIN_FAILED', message: 'the answer is too long for one line', hint: null };
  deps.write(JSON.stringify({ id: 'id' in message ? message.id : null, error }));
}

function presentFailure(deps: RequestHandlerDeps, request: Request, error: unknown): HostError {
  if (PlatformError.is(error)) {
    return { code: error.code, message: error.message, hint: error.hint ?? null };
  }
  if (error instanceof Error) deps.reportBug(error);
  return {
    code: 'PLUGIN_FAILED',
    message: `plugin ${request.plugin}, ${request.method}: ${messageOf(error)}`,
    hint: 'Report it to the author of the plugin; the platform log has the details.',
  };
}
