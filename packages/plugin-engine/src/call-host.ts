import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import type { HostConnection } from './host-connection.ts';
import { explainIssues } from './explain-issues.ts';
import { CALLS, type CallName, type CallParams, type CallResult } from './protocol.ts';

export interface CallOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Sends a request and waits for its one answer.
 *
 * @param plugin - id of the plugin; `null` for the host itself.
 * @throws PlatformError the plugin's own; `PLUGIN_FAILED` for an answer that breaks the contract;
 *   `PLUGIN_UNAVAILABLE` when the host ends or takes too long. The signal's reason when it is aborted.
 */
export async function callHost<Name extends CallName>(
  connection: HostConnection,
  plugin: string | null,
  method: Name,
  params: CallParams<Name>,
  { timeoutMs, signal }: CallOptions,
): Promise<CallResult<Name>> {
  signal.throwIfAborted();
  const answer = await new Promise<unknown>((resolve, reject) => {
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      settle();
    };
    const id = connection.send(
      { plugin, method, params },
      {
        onMessage(message) {
          connection.forget(id);
          finish(() => resolve('result' in message ? message.result : undefined));
        },
        onFailure(error) {
          connection.forget(id);
          finish(() => reject(error));
        },
      },
    );
    const onAbort = (): void => {
      connection.cancel(id);
      finish(() => reject(signal.reason as Error));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const timer = setTimeout(() => {
      connection.cancel(id);
      finish(() => reject(createTimeoutError(plugin, method, timeoutMs)));
    }, timeoutMs);
  });
  // The table pairs each name with its schemas, which the compiler cannot see through the index.
  const schema = CALLS[method].result as unknown as z.ZodType<CallResult<Name>>;
  return parseAnswer(plugin, method, schema, answer);
}

/**
 * Checks what a plugin answered.
 *
 * @throws PlatformError `PLUGIN_FAILED`, naming plugin and method.
 */
export function parseAnswer<T>(
  plugin: string | null,
  method: string,
  schema: z.ZodType<T>,
  answer: unknown,
): T {
  // Of a long list nothing is looked at behind the first mistake: there could be millions.
  const wrong = schema instanceof z.ZodArray && Array.isArray(answer) ? findWrong(schema, answer) : undefined;
  const result = schema.safeParse(wrong ?? answer);
  if (result.success) return result.data;
  const who = plugin === null ? 'the plugin host' : `plugin ${plugin}`;
  throw new PlatformError(
    'PLUGIN_FAILED',
    `${who}, ${method}: the answer breaks the contract: ${explainIssues(result.error)}`,
    { hint: 'Correct the plugin, or uninstall it; if it is not yours, report it to its author.' },
  );
}

/** A list with the first wrong item alone. */
function findWrong(schema: z.ZodArray, answer: readonly unknown[]): unknown[] | undefined {
  const item = schema.element as z.ZodType;
  const index = answer.findIndex((value) => !item.safeParse(value).success);
  return index === -1 ? undefined : answer.slice(index, index + 1);
}

/** The error of a plugin that takes too long. */
export function createTimeoutError(plugin: string | null, method: string, timeoutMs: number): PlatformError {
  const who = plugin === null ? 'the plugin host' : `plugin ${plugin}`;
  return new PlatformError('PLUGIN_UNAVAILABLE', `${who} did not answer ${method} within ${timeoutMs} ms`, {
    hint: 'Try again; if it happens again, look at the platform log.',
  });
}
