import { throwProblems, type Problem } from '../problems/problem.ts';
import { VARIABLE_NAME } from '../schema/patterns.ts';
import { isSecretComment, readSecretValue, skipSecretValue } from './read-secret-value.ts';

/** Largest file of secrets that is read, in characters. */
export const MAX_SECRET_FILE_CHARACTERS = 1_000_000;

const HINT = 'Write one variable a line, such as PASSWORD="…"; the rules are in docs/reference/manifest.md.';

interface Entry {
  readonly line: number;
  readonly value: string;
}

type Report = (line: number | undefined, what: string) => void;

/**
 * Reads the variables of a secret env file.
 *
 * Values are taken literally: no escapes, no expansion of `$` or `%`. A value in quotes ends at the quote that
 * only a comment may follow, on the same line or a later one; one without quotes ends before ` #`. Lines that
 * are indented deeper than the name go on with the value.
 *
 * @param source - the file's name, shown in messages.
 * @throws PlatformError `SECRET_FILE_INVALID` with every problem at once. No message repeats any of the content
 *   but the names of variables.
 */
export function parseSecretEnv(text: string, source: string): Record<string, string> {
  const problems: Problem[] = [];
  function report(line: number | undefined, what: string): void {
    problems.push({ place: { source, line }, field: [], text: what });
  }

  const entries = new Map<string, Entry>();
  if (text.length > MAX_SECRET_FILE_CHARACTERS) {
    report(undefined, `is larger than ${MAX_SECRET_FILE_CHARACTERS} characters`);
  } else {
    const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
    let index = 0;
    while (index < lines.length) index = readEntry(lines, index, entries, report);
  }
  if (problems.length > 0) throwProblems('SECRET_FILE_INVALID', problems, HINT);
  return Object.fromEntries([...entries].map(([name, { value }]) => [name, value]));
}

/** Reads what begins at a line and answers the index of the line after it. */
function readEntry(
  lines: readonly string[],
  start: number,
  entries: Map<string, Entry>,
  report: Report,
): number {
  const written = lines[start] ?? '';
  const line = start + 1;
  const content = written.trim();
  if (content === '' || isSecretComment(written) || content === '[DEFAULT]') return start + 1;
  if (content.startsWith('[')) {
    report(line, 'sections are not supported; write all variables one below the other and remove this line');
    return start + 1;
  }
  const divider = content.search(/[=:]/);
  // Shells need the word `export`; it is no part of the name.
  const name = content
    .slice(0, Math.max(divider, 0))
    .trim()
    .replace(/^export\s+/, '');
  if (!VARIABLE_NAME.test(name)) {
    report(line, 'does not begin with the name of a variable and "="; names have letters, digits and "_"');
    return skipSecretValue(lines, start);
  }
  const earlier = entries.get(name);
  if (earlier !== undefined) {
    report(line, `${name} is set twice, first on line ${earlier.line}; keep one of them`);
  }
  const { value, next, fault } = readSecretValue(content.slice(divider + 1), lines, start);
  if (fault !== undefined) report(line, `${name}: ${fault}`);
  if (value.includes('\0')) report(line, `${name} holds a NUL character`);
  entries.set(name, { line, value });
  return next;
}
