import type { BuildOutput } from '../protocol/build-output.ts';
import { createLineSplitter } from '../protocol/line-splitter.ts';
import type { Redactor } from '../protocol/redact.ts';

const LINE_FEED = 0x0a;
/** How a step tells the author something that does not stop it. */
const WARNING_LINE = /^warning: *(\S.*)$/;
/** Warnings of one step that are told beside the log, and characters of one: a compiler may have thousands. */
const MAX_WARNINGS = 5;
const MAX_WARNING_LENGTH = 400;

/** The output of one step on its way to the build log; what it warns of reaches whoever deploys, too. */
export interface StepLog {
  readonly push: (chunk: Buffer) => void;
  /** Hands out what is left. */
  readonly end: () => void;
  /** The last lines so far. */
  readonly lastLines: () => readonly string[];
}

/**
 * Makes the log of one step. Once the build log is full, output is not even read as text any more, so that a step which
 * writes gigabytes costs no more than moving them: only its end is kept.
 *
 * @param deps - the build log, and the redactor of the build's secrets.
 * @param lineCount - how many last lines to remember.
 */
export function createStepLog(
  deps: {
    readonly output: Pick<BuildOutput, 'log' | 'warning' | 'isFull' | 'tailBytes' | 'leaveOut'>;
    readonly redactor: Redactor;
  },
  lineCount: number,
): StepLog {
  const { output, redactor } = deps;
  const lastLines: string[] = [];
  const warnings = new Set<string>();
  const splitter = createLineSplitter(redactor, (lines) => {
    output.log(lines);
    if (lines.includes('warning:')) lines.split('\n').forEach(tellWarning);
    lastLines.push(...lines.split('\n').slice(-lineCount));
    lastLines.splice(0, lastLines.length - lineCount);
  });
  const held: Buffer[] = [];
  let heldBytes = 0;
  let leftOutBytes = 0;

  function tellWarning(line: string): void {
    const text = WARNING_LINE.exec(line)?.[1]?.slice(0, MAX_WARNING_LENGTH);
    if (text === undefined || warnings.size === MAX_WARNINGS || warnings.has(text)) return;
    warnings.add(text);
    output.warning(text);
  }

  function hold(chunk: Buffer): void {
    held.push(chunk);
    heldBytes += chunk.length;
    for (let first = held[0]; first && heldBytes - first.length >= output.tailBytes; first = held[0]) {
      held.shift();
      heldBytes -= first.length;
      leftOutBytes += first.length;
    }
  }

  function release(): void {
    let text = Buffer.concat(held);
    held.length = 0;
    heldBytes = 0;
    if (leftOutBytes > 0) {
      // What is before and after the gap are parts of lines, and might be parts of a secret.
      const start = text.indexOf(LINE_FEED) + 1 || Math.min(text.length, 4 * redactor.longestSecret);
      leftOutBytes += start;
      text = text.subarray(start);
      splitter.drop();
    }
    output.leaveOut(leftOutBytes);
    leftOutBytes = 0;
    splitter.push(text);
  }

  return {
    push: (chunk) => (output.isFull() ? hold(chunk) : splitter.push(chunk)),
    end() {
      release();
      splitter.end();
    },
    lastLines: () => lastLines,
  };
}
