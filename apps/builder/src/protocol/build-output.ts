import type { BuildEvent, BuildResult } from '@racetrack-platform/contracts';
import { toPlatformError } from '@racetrack-platform/errors';
import type { Redactor } from './redact.ts';

/** Bytes of log that are kept of one build: the first part is streamed, the last part follows at the end. */
export const LOG_LIMITS = { headBytes: 19 * 1024 * 1024, tailBytes: 1024 * 1024 } as const;

/** What a build tells its parent. Every text passes the redactor. */
export interface BuildOutput {
  phase(phase: 'source' | 'build', text: string): void;
  /** One line of the build log. */
  readonly log: (line: string) => void;
  warning(text: string): void;
  /** Ends the protocol with success. */
  succeed(result: BuildResult): void;
  /** Ends the protocol with a failure; bugs become `INTERNAL`. */
  fail(thrown: unknown): void;
}

/**
 * Makes the writer of build events.
 *
 * @param write - takes one line of the protocol, its line feed included.
 * @param redactor - of the build's secrets.
 * @param limits - bytes of log to let through before and after what is left out.
 */
export function createBuildOutput(
  write: (line: string) => void,
  redactor: Redactor,
  limits: { readonly headBytes: number; readonly tailBytes: number } = LOG_LIMITS,
): BuildOutput {
  const tail: string[] = [];
  let headBytes = 0;
  let tailBytes = 0;
  let droppedLines = 0;

  const send = (event: BuildEvent): void => write(`${JSON.stringify(event)}\n`);

  function log(line: string): void {
    const text = redactor.redact(line);
    const sizeBytes = Buffer.byteLength(text) + 1;
    if (tail.length === 0 && headBytes + sizeBytes <= limits.headBytes) {
      headBytes += sizeBytes;
      send({ type: 'log', text });
      return;
    }
    tail.push(text);
    tailBytes += sizeBytes;
    while (tailBytes > limits.tailBytes && tail.length > 1) {
      tailBytes -= Buffer.byteLength(tail.shift() ?? '') + 1;
      droppedLines += 1;
    }
  }

  function flushTail(): void {
    if (droppedLines > 0) send({ type: 'log', text: `[${droppedLines} lines of the build log left out]` });
    for (const text of tail) send({ type: 'log', text });
    tail.length = 0;
  }

  return {
    log,
    phase: (phase, text) => send({ type: 'phase', phase, text }),
    warning: (text) => send({ type: 'warning', text: redactor.redact(text) }),
    succeed(result) {
      flushTail();
      send({ type: 'result', result });
    },
    fail(thrown) {
      flushTail();
      const error = toPlatformError(thrown);
      const hint = error.hint === undefined ? null : redactor.redact(error.hint);
      send({ type: 'error', code: error.code, message: redactor.redact(error.message), hint });
    },
  };
}
