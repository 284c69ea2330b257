import { TemplateFault } from '../fault.ts';

export type TokenKind = 'name' | 'string' | 'integer' | 'float' | 'operator' | 'end';

/** One word of a tag. */
export interface Token {
  readonly kind: TokenKind;
  /** The text; of a string its value, of a number its digits without underscores. */
  readonly text: string;
  /** Offset in the source. */
  readonly at: number;
}

/** The words of one `{{ … }}` or `{% … %}`. */
export interface TagTokens {
  readonly tokens: readonly Token[];
  /** Offset behind the tag. */
  readonly end: number;
  /** Closed by `-%}` or `-}}`: white space behind it goes. */
  readonly trimsAfter: boolean;
}

const SPACE = /\s+/y;
const FLOAT = /(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
const INTEGER = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|\d(?:_?\d)*/iy;
const NAME = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}_]*/uy;
const STRING = /'([^'\\]*(?:\\[^][^'\\]*)*)'|"([^"\\]*(?:\\[^][^"\\]*)*)"/y;
const OPERATOR = /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}><=.:|,;]/y;
const CLOSES = { '%}': /([-+]?)%\}/y, '}}': /(-?)\}\}/y } as const;
const BRACKETS: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

/**
 * Reads the words of a tag (the lexer of Jinja 3.1: an end inside brackets or quotes does not count).
 *
 * @param from - offset behind `{%` or `{{` and its sign.
 * @throws TemplateFault at a character that cannot be there, or when the tag is never closed.
 */
export function readTag(source: string, from: number, close: '%}' | '}}'): TagTokens {
  const tokens: Token[] = [];
  const open: string[] = [];
  let at = from;
  for (;;) {
    at += matchAt(SPACE, source, at)?.[0].length ?? 0;
    const end = open.length === 0 ? matchAt(CLOSES[close], source, at) : undefined;
    if (end !== undefined) {
      tokens.push({ kind: 'end', text: close, at });
      return { tokens, end: at + end[0].length, trimsAfter: end[1] === '-' };
    }
    if (at >= source.length) throw new TemplateFault(`${close} is missing`, { offset: at });
    const { token, length } = readToken(source, at, tokens.at(-1));
    balance(open, token);
    tokens.push(token);
    at += length;
  }
}

function readToken(
  source: string,
  at: number,
  previous: Token | undefined,
): { token: Token; length: number } {
  // After a dot, `1.2` is two subscripts and not a number.
  const isSubscript = previous?.kind === 'operator' && previous.text === '.';
  const float = isSubscript ? undefined : matchAt(FLOAT, source, at);
  if (float !== undefined) return made('float', float[0].replaceAll('_', ''), at, float[0]);
  const integer = matchAt(INTEGER, source, at);
  if (integer !== undefined) return made('integer', integer[0].replaceAll('_', ''), at, integer[0]);
  const name = matchAt(NAME, source, at);
  if (name !== undefined) return made('name', name[0], at, name[0]);
  const string = matchAt(STRING, source, at);
  if (string !== undefined) return made('string', unescape(string[1] ?? string[2] ?? '', at), at, string[0]);
  const operator = matchAt(OPERATOR, source, at);
  if (operator !== undefined) return made('operator', operator[0], at, operator[0]);
  const character = String.fromCodePoint(source.codePointAt(at) ?? 0);
  if (character === '"' || character === "'") {
    throw new TemplateFault(`the text that begins here with ${character} has no end`, { offset: at });
  }
  throw new TemplateFault(`${JSON.stringify(character)} cannot be used here`, { offset: at });
}

function made(
  kind: TokenKind,
  text: string,
  at: number,
  { length }: string,
): { token: Token; length: number } {
  return { token: { kind, text, at }, length };
}

function balance(open: string[], { kind, text, at }: Token): void {
  if (kind !== 'operator') return;
  if ('([{'.includes(text)) open.push(text);
  const opener = BRACKETS[text];
  if (opener === undefined) return;
  const last = open.pop();
  if (last === opener) return;
  const message =
    last === undefined ? `"${text}" closes nothing` : `"${last}" is still open before "${text}"`;
  throw new TemplateFault(message, { offset: at, hint: 'An output ends with }}, a tag with %}.' });
}

function matchAt(pattern: RegExp, source: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source) ?? undefined;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** The escapes of a Python string literal; an unknown one stays as it is. */
function unescape(text: string, at: number): string {
  return text.replace(
    /\\(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|([0-7]{1,3})|([^]))/gi,
    (whole, x?: string, u?: string, long?: string, octal?: string, other?: string) => {
      if (other !== undefined) return Object.hasOwn(ESCAPES, other) ? (ESCAPES[other] ?? whole) : whole;
      const code =
        octal === undefined ? Number.parseInt(x ?? u ?? long ?? '', 16) : Number.parseInt(octal, 8);
      if (code > 0x10ffff) throw new TemplateFault(`${whole} is no character`, { offset: at });
      return String.fromCodePoint(code);
    },
  );
}
