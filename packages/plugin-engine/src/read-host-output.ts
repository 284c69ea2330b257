import type { Readable } from 'node:stream';
import { isErrorCode, PlatformError } from '@racetrack-platform/errors';
import type { PluginHostLogger, RequestListener } from './host-connection.ts';
import { createLineSplitter, LONG_LINE_BYTES } from './line-splitter.ts';
import { readWithinBudget, type BudgetedReading, type OutputBudget } from './output-budget.ts';
import { MAX_LINE_BYTES, parseHostOutput } from './protocol.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const BRACE = 0x7b;

export interface ReadHostOutputOptions {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Of the open requests, by their ids. */
  readonly listeners: ReadonlyMap<number, RequestListener>;
  readonly logger: PluginHostLogger;
  readonly budget: OutputBudget | undefined;
  /** The host writes on and on; may be told again. */
  readonly onOver: (error: PlatformError) => void;
}

/** Longest line of a plugin's own output that is kept. */
const MAX_PRINTED_BYTES = 64 * 1024;
const MEBIBYTE = 1024 ** 2;
/** Of one answer: what has many takes a hundred times its length to parse and to check. */
const MAX_VALUES = 200_000;

/** Takes what a host writes: messages to those who wait for them, the rest to the log. Nothing else is ever parsed. */
export function readHostOutput(options: ReadHostOutputOptions): { stop(): void } {
  const { stdout, stderr, listeners, logger, budget, onOver } = options;
  const maxBytes = budget?.lineBytes ?? MAX_LINE_BYTES;
  const readings: BudgetedReading[] = [];

  function read(pipe: Readable, name: string, onChunk: (chunk: Buffer) => void): BudgetedReading | undefined {
    if (budget === undefined) {
      pipe.on('data', onChunk);
      return undefined;
    }
    const reading = readWithinBudget(pipe, budget, onChunk, () => onOver(createOutputError(name, budget)));
    readings.push(reading);
    return reading;
  }

  const listenerOf = (start: string): RequestListener | undefined => {
    const head = readHead(start);
    return typeof head === 'number' ? listeners.get(head) : undefined;
  };

  const answers = read(
    stdout,
    'standard output',
    createLineSplitter({
      maxBytes,
      // Only an answer may be long.
      ...(budget !== undefined && { mayBeLong: (start) => listenerOf(start) !== undefined }),
      onLine: (line) => {
        if (receive(line, listeners, logger)) answers?.excuse();
      },
      onTooLong: (start) => {
        logger.error({ text: start }, 'a line of a plugin host was too long and is lost');
        listenerOf(start)?.onFailure(
          new PlatformError(
            'PLUGIN_FAILED',
            `the plugin's answer is longer than ${maxBytes / MEBIBYTE} MiB`,
            {
              hint: 'Ask it for less, or report it to the author of the plugin.',
            },
          ),
        );
      },
    }),
  );
  read(
    stderr,
    'standard error',
    createLineSplitter({
      maxBytes: MAX_PRINTED_BYTES,
      onLine: (text) => logger.info({ text }, 'plugin output'),
      onTooLong: () => logger.warn({}, 'a line of plugin output was too long and is lost'),
    }),
  );

  return {
    stop() {
      for (const reading of readings) reading.stop();
    },
  };
}

function createOutputError(pipe: string, budget: OutputBudget): PlatformError {
  const { bytesPerSecond, linesPerSecond, endAfterMs } = budget;
  return new PlatformError(
    'PLUGIN_UNAVAILABLE',
    `the plugin was ended: for ${endAfterMs / 1_000} s it has written more than ${bytesPerSecond / MEBIBYTE} MiB, or ${linesPerSecond} lines, in a second to its ${pipe}`,
    {
      hint: 'The next call starts it again. Report it to the author of the plugin; the platform log has a part of it.',
    },
  );
}

/** What a line says to be: an answer to that request, a log entry; `undefined`: no message of the protocol. */
function readHead(line: string): number | 'log' | null | undefined {
  const match = /^\s*\{\s*"(?:id"\s*:\s*(\d{1,15}|null)\s*,|log"\s*:)/.exec(line);
  if (match === null) return undefined;
  const [, id] = match;
  if (id === undefined) return 'log';
  return id === 'null' ? null : Number(id);
}

/** Answers whether it was a message that somebody waits for. */
function receive(
  line: string,
  listeners: ReadonlyMap<number, RequestListener>,
  logger: PluginHostLogger,
): boolean {
  const head = readHead(line);
  const listener = typeof head === 'number' ? listeners.get(head) : undefined;
  // An answer that nobody waits for any more.
  if (typeof head === 'number' && listener === undefined) return false;
  if (line.length > LONG_LINE_BYTES && hasManyValues(line)) {
    listener?.onFailure(
      new PlatformError('PLUGIN_FAILED', `the plugin's answer has more than ${MAX_VALUES} values`, {
        hint: 'Ask it for less, or report it to the author of the plugin.',
      }),
    );
    return false;
  }
  const message = head === undefined ? undefined : parseHostOutput(line);
  if (message === undefined) {
    logger.warn({ text: line.slice(0, 200) }, 'a plugin printed past the protocol');
    return false;
  }
  if ('log' in message) {
    const { plugin, level, message: text, fields } = message.log;
    logger[level]({ ...fields, plugin }, text);
    return false;
  }
  if (message.id === null) {
    logger.error(
      { error: 'error' in message ? message.error : null },
      'a plugin host did not understand a line',
    );
    return false;
  }
  // A key that comes twice.
  if (message.id !== head || listener === undefined) return false;
  if ('error' in message) {
    const { code, message: text, hint } = message.error;
    listener.onFailure(
      new PlatformError(isErrorCode(code) ? code : 'PLUGIN_FAILED', text, { hint: hint ?? undefined }),
    );
  } else {
    listener.onMessage(message, line.length);
  }
  return true;
}

/** Counts what separates values in JSON; far cheaper than to parse it. */
function hasManyValues(line: string): boolean {
  let values = 0;
  let isText = false;
  for (let at = 0; at < line.length; at += 1) {
    const code = line.codePointAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) isText = !isText;
    else if (!isText && (code === COMMA || code === BRACKET || code === BRACE)) values += 1;
    if (values > MAX_VALUES) return true;
  }
  return false;
}
