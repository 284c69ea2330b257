import { PlatformError } from '@racetrack-platform/errors';
import type { z } from 'zod';
import { createTimeoutError, parseAnswer } from './call-host.ts';
import type { HostConnection } from './host-connection.ts';
import { STREAM_WINDOW, STREAMS, type StreamItem, type StreamName, type StreamParams } from './protocol.ts';

export interface StreamOptions {
  /** Longest wait for the next item; `null` for a stream that may be silent for ever. */
  readonly idleTimeoutMs: number | null;
  readonly signal: AbortSignal;
}

/** Items taken before further ones are asked for. */
const PULL_COUNT = STREAM_WINDOW / 2;
/** Of items that wait here. */
const MAX_WAITING_CHARS = 32 * 1024 ** 2;

/**
 * Sends a request and yields what the plugin streams. A slow reader slows the plugin down: never more than a window
 * of items waits here. Leaving the loop cancels the request; one who waits for the next item leaves by the signal.
 *
 * @throws PlatformError as `callHost`. The signal's reason when it is aborted.
 */
export async function* streamFromHost<Name extends StreamName>(
  connection: HostConnection,
  plugin: string,
  method: Name,
  params: StreamParams<Name>,
  { idleTimeoutMs, signal }: StreamOptions,
): AsyncGenerator<StreamItem<Name>, void, undefined> {
  signal.throwIfAborted();
  // The table pairs each name with its schemas, which the compiler cannot see through the index.
  const schema = STREAMS[method].item as unknown as z.ZodType<StreamItem<Name>>;
  const items: { data: unknown; chars: number }[] = [];
  let waitingChars = 0;
  let isEnded = false;
  let failure: PlatformError | undefined;
  let wake: () => void = () => {};

  const id = connection.send(
    { plugin, method, params },
    {
      onMessage(message, chars) {
        if ('end' in message) {
          isEnded = true;
        } else if ('data' in message) {
          items.push({ data: message.data, chars });
          waitingChars += chars;
        }
        if (items.length > STREAM_WINDOW || waitingChars > MAX_WAITING_CHARS) {
          failure = new PlatformError(
            'PLUGIN_FAILED',
            `plugin ${plugin}, ${method}: more came than was asked for`,
            {
              hint: 'Report it to the author of the plugin.',
            },
          );
          items.length = 0;
          waitingChars = 0;
          connection.cancel(id);
        }
        wake();
      },
      onFailure(error) {
        failure = error;
        wake();
      },
    },
  );
  const onAbort = (): void => wake();
  signal.addEventListener('abort', onAbort, { once: true });

  const waitForMore = async (): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      wake = resolve;
      if (idleTimeoutMs === null) return;
      timer = setTimeout(() => {
        failure = createTimeoutError(plugin, method, idleTimeoutMs);
        resolve();
      }, idleTimeoutMs);
    });
    clearTimeout(timer);
  };

  try {
    for (let taken = 1; ;) {
      signal.throwIfAborted();
      const item = items.shift();
      if (item !== undefined) {
        waitingChars -= item.chars;
        yield parseAnswer(plugin, method, schema, item.data);
        if (taken % PULL_COUNT === 0) connection.pull(id, PULL_COUNT);
        taken += 1;
      } else if (failure !== undefined) {
        throw failure;
      } else if (isEnded) {
        return;
      } else {
        await waitForMore();
      }
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    if (isEnded) connection.forget(id);
    else connection.cancel(id);
  }
}
