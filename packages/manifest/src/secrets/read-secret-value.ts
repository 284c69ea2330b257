/** A value of a secret env file; every function here takes time in proportion to what it reads. */
export interface SecretValue {
  readonly value: string;
  /** Index of the line after the value. */
  readonly next: number;
  /** What is wrong, without any of the content. */
  readonly fault?: string;
}

type Quote = '"' | "'";

/** A line that clearly begins another variable, so that an open quote before it was forgotten. */
const NEXT_ASSIGNMENT = /^(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*=[^=\s]/;

/** Whether a line is a comment and nothing else. */
export function isSecretComment(line: string): boolean {
  return /^\s*[#;]/.test(line);
}

/**
 * Reads a value and the lines that belong to it.
 *
 * @param rest - what follows the divider on the first line.
 * @param start - index of that line.
 */
export function readSecretValue(rest: string, lines: readonly string[], start: number): SecretValue {
  const trimmed = rest.trim();
  const [first] = trimmed;
  if (first === '"' || first === "'") return readQuoted(trimmed.slice(1), first, lines, start);
  return readContinuation(cutComment(rest), lines, start);
}

/** The index of the line after a value that cannot be used. */
export function skipSecretValue(lines: readonly string[], start: number): number {
  return readContinuation('', lines, start).next;
}

/** Cuts at the first `#` after white space; at the very start only when white space follows too (`A= #1` is a value). */
function cutComment(rest: string): string {
  const value = rest.trim();
  if (/^\s+#(?:\s|$)/.test(rest)) return '';
  for (let at = value.indexOf('#', 1); at !== -1; at = value.indexOf('#', at + 1)) {
    if (/\s/.test(value[at - 1] ?? '')) return value.slice(0, at).trimEnd();
  }
  return value;
}

function readQuoted(rest: string, mark: Quote, lines: readonly string[], start: number): SecretValue {
  const closed = findClosed(rest, mark);
  if (closed !== undefined) return { value: closed, next: start + 1 };
  if (rest.includes(mark)) {
    const fault = `something follows the closing quote ${mark}; remove it, or put the whole value in other quotes`;
    return { value: '', next: skipSecretValue(lines, start), fault };
  }
  const collected = [rest];
  let next = start + 1;
  for (; next < lines.length; next += 1) {
    const line = lines[next] ?? '';
    if (NEXT_ASSIGNMENT.test(line)) break;
    const end = findClosed(line, mark);
    if (end !== undefined) return { value: [...collected, end].join('\n'), next: next + 1 };
    collected.push(line);
  }
  const fault = `the quote ${mark} around the value is never closed; close it, or put the value in other quotes`;
  return { value: '', next, fault };
}

/** The text before the first quote that only a comment follows. */
function findClosed(text: string, mark: Quote): string | undefined {
  for (let end = text.indexOf(mark); end !== -1; end = text.indexOf(mark, end + 1)) {
    if (/^(?:\s*|\s+#.*)$/.test(text.slice(end + 1))) return text.slice(0, end);
  }
  return undefined;
}

/** Adds the lines below that are indented deeper; blank lines count only between such lines. */
function readContinuation(value: string, lines: readonly string[], start: number): SecretValue {
  const indentation = indentationOf(lines[start] ?? '');
  const collected = [value];
  let next = start + 1;
  let blankCount = 0;
  for (let index = next; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (line.trim() === '') {
      blankCount += 1;
      continue;
    }
    if (indentationOf(line) <= indentation) break;
    if (!isSecretComment(line)) {
      for (; blankCount > 0; blankCount -= 1) collected.push('');
      collected.push(line.trim());
    }
    next = index + 1;
  }
  return { value: collected.join('\n'), next };
}

function indentationOf(line: string): number {
  return line.length - line.trimStart().length;
}
