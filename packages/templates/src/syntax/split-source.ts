import { TemplateFault } from '../fault.ts';
import { readTag, type Token } from './tokens.ts';

/** A stretch of the source: text to copy, or the words of an output or a tag. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string; readonly at: number }
  | { readonly kind: 'output' | 'tag'; readonly tokens: readonly Token[]; readonly at: number };

const OPENING = /\{([{%#])([-+]?)/g;
const RAW = /\{%[-+]?\s*raw\s*(-?)%\}/y;
const END_RAW = /\{%([-+]?)\s*endraw\s*([-+]?)%\}/g;
const END_COMMENT = /([-+]?)#\}/g;

/**
 * Brings a template into the form that offsets refer to: line feeds only, and without one line feed at its end
 * (the defaults of Jinja 3.1).
 */
export function normaliseSource(source: string): string {
  return source.replace(/\r\n?/g, '\n').replace(/\n$/, '');
}

/**
 * Splits a template at its tags, applies the signs for white space, and drops comments.
 *
 * @param source - normalised.
 * @throws TemplateFault for a tag, comment or raw block that is never closed.
 */
export function splitSource(source: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  while (at < source.length) {
    OPENING.lastIndex = at;
    const opening = OPENING.exec(source);
    if (opening === null) break;
    const [whole, mark, sign] = opening;
    const text = source.slice(at, opening.index);
    if (text !== '') pieces.push({ kind: 'text', text: sign === '-' ? text.trimEnd() : text, at });
    at = readPiece(source, opening.index, opening.index + whole.length, mark, pieces);
  }
  if (at < source.length) pieces.push({ kind: 'text', text: source.slice(at), at });
  return pieces;
}

/** Reads what begins at `start`, and answers where the next text begins. */
function readPiece(
  source: string,
  start: number,
  inside: number,
  mark: string | undefined,
  pieces: Piece[],
): number {
  if (mark === '#') return skipComment(source, start, inside);
  const raw = readRaw(source, start);
  if (raw !== undefined) {
    pieces.push({ kind: 'text', text: raw.text, at: start });
    return raw.end;
  }
  const { tokens, end, trimsAfter } = readTagAt(source, start, inside, mark === '{' ? '}}' : '%}');
  pieces.push({ kind: mark === '{' ? 'output' : 'tag', tokens, at: start });
  return trimsAfter ? skipSpace(source, end) : end;
}

function skipComment(source: string, start: number, inside: number): number {
  END_COMMENT.lastIndex = inside;
  const end = END_COMMENT.exec(source);
  if (end === null) {
    throw new TemplateFault('the comment that begins here is never closed', {
      offset: start,
      hint: 'Close it with #}. Where {# is meant as text, as in a shell script, write {{ "{#" }} or use {% raw %}.',
    });
  }
  return end[1] === '-' ? skipSpace(source, END_COMMENT.lastIndex) : END_COMMENT.lastIndex;
}

function readRaw(source: string, start: number): { text: string; end: number } | undefined {
  RAW.lastIndex = start;
  const begin = RAW.exec(source);
  if (begin === null) return undefined;
  const from = begin[1] === '-' ? skipSpace(source, RAW.lastIndex) : RAW.lastIndex;
  END_RAW.lastIndex = from;
  const end = END_RAW.exec(source);
  if (end === null) {
    throw new TemplateFault('{% raw %} is never closed', {
      offset: start,
      hint: 'Close it with {% endraw %}.',
    });
  }
  const text = source.slice(from, end.index);
  return {
    text: end[1] === '-' ? text.trimEnd() : text,
    end: end[2] === '-' ? skipSpace(source, END_RAW.lastIndex) : END_RAW.lastIndex,
  };
}

function readTagAt(
  source: string,
  start: number,
  inside: number,
  close: '%}' | '}}',
): ReturnType<typeof readTag> {
  try {
    return readTag(source, inside, close);
  } catch (error) {
    if (!(error instanceof TemplateFault)) throw error;
    throw blameUnclosedTag(source, start, error);
  }
}

/**
 * A tag that runs on into the next line and makes no sense there is one whose end is missing, so the fault belongs to
 * where the tag begins and not to where the sense ends.
 *
 * @param start - offset of the tag.
 * @param fault - found inside of the tag.
 */
export function blameUnclosedTag(source: string, start: number, fault: TemplateFault): TemplateFault {
  const offset = fault.offset ?? start;
  const lineEnd = source.indexOf('\n', start);
  if (offset < source.length && (lineEnd === -1 || offset < lineEnd)) return fault;
  const firstLine = source.slice(start, lineEnd === -1 ? undefined : lineEnd).trimEnd();
  const close = firstLine.startsWith('{{') ? '}}' : '%}';
  const shown = firstLine.length > 60 ? `${firstLine.slice(0, 60)}…` : firstLine;
  return new TemplateFault(`"${shown}" is not closed (${fault.message})`, {
    offset: start,
    hint: `Write ${close} at its end.`,
  });
}

function skipSpace(source: string, from: number): number {
  return source.length - source.slice(from).trimStart().length;
}
