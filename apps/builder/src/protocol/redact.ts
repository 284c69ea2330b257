import { scrub } from '@racetrack-platform/errors';

/** Shorter values would blank out ordinary words, and protect nothing. */
const MIN_SECRET_LENGTH = 4;
/** Colours, cursor movements and window titles (ECMA-48, 5.4; xterm's OSC). */
// oxlint-disable-next-line no-control-regex -- removing them is the point
const TERMINAL_SEQUENCES = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b\n]*(?:\u0007|\u001b\\)/g;

/** Takes secrets out of text on its way to logs and messages. */
export interface Redactor {
  /** Replaces every secret by `***`, and removes URL credentials, tokens and terminal control sequences. */
  redact(text: string): string;
  /** Length of the longest text looked for: what a splitter of long lines has to hold back. */
  readonly longestSecret: number;
}

/**
 * Makes a redactor for the secrets of one build.
 *
 * A secret is also found percent-encoded, in a JSON string, and line by line when it has several.
 *
 * @param secrets - values of any length; those under four characters are left out.
 */
export function createRedactor(secrets: readonly string[]): Redactor {
  const forms = new Set(secrets.flatMap(listForms).filter((form) => form.length >= MIN_SECRET_LENGTH));
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  const pattern =
    longestFirst.length === 0 ? undefined : new RegExp(longestFirst.map(escapeForRegExp).join('|'), 'g');
  const hide = (text: string): string => (pattern === undefined ? text : text.replace(pattern, '***'));
  return {
    // Twice: scrubbing may cut a secret in two, or join one that control characters had parted.
    redact: (text) => hide(scrub(hide(text.replace(TERMINAL_SEQUENCES, '')))),
    longestSecret: longestFirst[0]?.length ?? 0,
  };
}

function escapeForRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function listForms(secret: string): string[] {
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  return [...new Set([secret, secret.trim(), ...lines])].flatMap((text) => [
    text,
    percentEncode(text),
    JSON.stringify(text).slice(1, -1),
  ]);
}

function percentEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
