import { fileURLToPath } from 'node:url';
import { JobCallError } from './call-job.ts';
import { writeLog } from './user-log.ts';

/** Names of errors that mean "the caller's fault". */
const CALLERS_FAULT: ReadonlySet<string> = new Set(['ValidationError', 'ValueError']);
/** Frames of the wrapper itself tell the job's author nothing. */
const OWN_DIR = fileURLToPath(new URL('..', import.meta.url));

/** What a caller gets to see of an error. */
export interface Failure {
  readonly status: number;
  readonly message: string;
  readonly type: string;
  /** Of another job's refusal: what to do about it. */
  readonly hint?: string | undefined;
}

/** Chooses the status; never throws, whatever was thrown. */
export function describeFailure(error: unknown): Failure {
  try {
    if (!(error instanceof Error)) return { status: 500, message: printThrown(error), type: typeof error };
    const names = listNames(error);
    const status = names.some((name) => CALLERS_FAULT.has(name)) ? 400 : readStatus(error);
    const [type = 'Error'] = names;
    const hint = error instanceof JobCallError ? error.hint : undefined;
    return { status, message: printMessage(error.message) || type, type, hint };
  } catch {
    return { status: 500, message: 'the job has thrown an error that cannot be read', type: 'Error' };
  }
}

/** Writes it to the log with the places it came through; never throws. */
export function logFailure({ status, message, type, hint }: Failure, error: unknown): void {
  const traceback = listFrames(error);
  try {
    writeLog(status >= 500 ? 'ERROR' : 'WARNING', message, { cause: type, hint, traceback });
  } catch {
    // The job has broken the context that a line of the log is made with: whoever waits still gets an answer.
  }
}

/** One line for probes: message, class of the error, and where it came from. */
export function summarise(error: unknown): string {
  const { message, type } = describeFailure(error);
  const traceback = listFrames(error);
  return `${message}, cause=${type}${traceback === '' ? '' : `, traceback=${traceback}`}`;
}

/** `file:line` of the job's frames, outermost first; empty for what cannot be read. */
function listFrames(error: unknown): string {
  try {
    return error instanceof Error ? parseStack(error.stack) : '';
  } catch {
    return '';
  }
}

function parseStack(stack: unknown): string {
  if (typeof stack !== 'string') return '';
  const frames: string[] = [];
  for (const line of stack.split('\n')) {
    const match =
      /^\s+at (?:.*? \()?(?:async )?(?:file:\/\/)?(\/[^()]+?):(\d+):\d+\)?$/.exec(line) ??
      /^file:\/\/(\/.+):(\d+)$/.exec(line);
    const [, file, row] = match ?? [];
    if (file !== undefined && !file.startsWith(OWN_DIR)) frames.unshift(`${file}:${row}`);
  }
  return frames.join(', ');
}

function listNames(error: Error): string[] {
  const names = new Set<string>();
  const add = (name: unknown): void => {
    if (typeof name === 'string' && name !== '') names.add(name);
  };
  const { name }: { name: unknown } = error;
  if (name !== 'Error') add(name);
  let prototype: unknown = Object.getPrototypeOf(error);
  while (prototype instanceof Object && prototype !== Object.prototype) {
    add(prototype.constructor.name);
    prototype = Object.getPrototypeOf(prototype);
  }
  return [...names];
}

function readStatus(error: Error): number {
  const given: unknown =
    'status' in error ? error.status : 'statusCode' in error ? error.statusCode : undefined;
  return typeof given === 'number' && Number.isInteger(given) && given >= 400 && given <= 599 ? given : 500;
}

/** A message need not be text: anything may be assigned. */
function printMessage(message: unknown): string {
  return typeof message === 'string' ? message : printThrown(message);
}

function printThrown(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown || 'the job has thrown an empty string';
  return `the job has thrown ${JSON.stringify(thrown) ?? String(thrown)}`;
}
