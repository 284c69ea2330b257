import { Lexer, LineCounter, parseDocument, type ErrorCode as YamlErrorCode } from 'yaml';
import { quote, throwProblems, type Problem } from '../problems/problem.ts';
import { buildValue, type BuiltDocument } from './build-value.ts';

/** Largest manifest that is read, in characters. */
export const MAX_MANIFEST_CHARACTERS = 1_000_000;
/** Words, signs and line ends of YAML; a manifest of a thousand lines has about ten thousand. */
const MAX_TOKENS = 100_000;
/** A broken document breaks on and on; the first few faults tell. */
const MAX_SYNTAX_PROBLEMS = 5;

/** What the parser's complaints mean to somebody who writes a manifest. */
const SYNTAX_ADVICE: Partial<Record<YamlErrorCode, string>> = {
  BAD_INDENT: 'the indentation does not fit the lines before, or a bracket is not closed',
  BLOCK_AS_IMPLICIT_KEY:
    'a second "key: value" stands on one line; quote the value, or use a line of its own',
  BLOCK_IN_FLOW: 'a block stands inside brackets; close the bracket first',
  MULTIPLE_DOCS: 'a second document begins here; keep one and remove the line ---',
  MULTILINE_IMPLICIT_KEY: 'a key goes over several lines; a colon or a closing quote is missing before',
  MISSING_CHAR:
    'something is missing here: a closing quote, a bracket, a colon, or a space after a colon or comma',
  TAB_AS_INDENT: 'a tab stands where spaces must; indent with spaces',
  BAD_SCALAR_START: 'the value begins with a sign that YAML keeps for itself; put the value in quotes',
  BAD_DQ_ESCAPE: 'a backslash in double quotes starts no known escape; use single quotes, or write \\\\',
  RESOURCE_EXHAUSTION: 'the document is nested too deeply',
};

/**
 * Reads one YAML 1.1 document of any shape into plain data.
 *
 * @param source - shown in messages.
 * @throws PlatformError `MANIFEST_INVALID` for what is not YAML, too large, too deep, or several documents.
 */
export function readYaml(text: string, source: string): BuiltDocument {
  assertReasonableSize(text, source);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: 'failsafe',
    resolveKnownTags: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
    lineCounter: lines,
  });
  function lineOf(offset: number): number {
    return Math.max(1, lines.linePos(offset).line);
  }
  if (document.errors.length > 0) {
    const problems = document.errors.slice(0, MAX_SYNTAX_PROBLEMS).map(({ code, message, pos }) => ({
      place: { source, line: lineOf(pos[0]) },
      field: [],
      text: `not valid YAML: ${SYNTAX_ADVICE[code] ?? message}`,
    }));
    throwUnreadable(problems);
  }
  const built = buildValue(document.contents, lineOf);
  if (built.errors.length === 0) return built;
  return throwUnreadable(
    built.errors.map(({ line, field, text: what }) => ({ place: { source, line }, field, text: what })),
  );
}

function throwUnreadable(problems: readonly Problem[]): never {
  return throwProblems(
    'MANIFEST_INVALID',
    problems,
    'Correct these lines; values with special signs go in quotes.',
  );
}

function assertReasonableSize(text: string, source: string): void {
  const place = { source, line: undefined };
  if (text.length > MAX_MANIFEST_CHARACTERS) {
    const what = `is larger than ${MAX_MANIFEST_CHARACTERS} characters; a manifest holds settings, no data`;
    throwUnreadable([{ place, field: [], text: what }]);
  }
  const nul = text.indexOf('\0');
  if (nul !== -1) {
    const line = text.slice(0, nul).split('\n').length;
    throwUnreadable([
      { place: { source, line }, field: [], text: `holds a ${quote('\0')}, so it is no text file` },
    ]);
  }
  let tokenCount = 0;
  for (const token of new Lexer().lex(text)) {
    tokenCount += token.length > 0 ? 1 : 0;
    if (tokenCount > MAX_TOKENS) {
      throwUnreadable([{ place, field: [], text: 'has too many parts; a manifest holds settings, no data' }]);
    }
  }
}
