import { TemplateFault } from '../fault.ts';
import { formatPercent } from '../values/format-percent.ts';
import type { Run } from '../values/run.ts';
import { isTrue } from '../values/truth.ts';
import { Dict, Tuple, type Value } from '../values/value.ts';
import { getItems } from '../values/iterate.ts';
import { native, softText, textOf, wholeOf, type Given, type Native } from './native.ts';
import * as text from './text.ts';
import { indent, truncate } from './shape-text.ts';

/** A filter of a text that takes nothing else. */
function plain(apply: (own: string, run: Run) => Value): Native {
  return native([], (self, _given, run) => {
    const own = softText(self, run);
    run.budget.spendLength(own.length);
    return apply(own, run);
  });
}

const HTML_ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&#39;',
  '"': '&#34;',
};

function escapeHtml(own: string): string {
  return own.replace(/[&<>'"]/g, (one) => HTML_ENTITIES[one] ?? one);
}

const HTML_CHARACTERS: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&#39;': "'",
  '&#34;': '"',
  '&quot;': '"',
};

/** Takes out what stands between two marks, with them; a span without an end stays. */
function withoutSpans(own: string, open: string, close: string): string {
  const kept: string[] = [];
  let at = 0;
  for (;;) {
    const start = own.indexOf(open, at);
    const end = start === -1 ? -1 : own.indexOf(close, start + open.length);
    if (end === -1) return kept.join('') + own.slice(at);
    kept.push(own.slice(at, start));
    at = end + close.length;
  }
}

function stripTags(own: string): string {
  return withoutSpans(withoutSpans(own, '<!--', '-->'), '<', '>')
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/&(?:amp|lt|gt|#39|#34|quot);/g, (one) => HTML_CHARACTERS[one] ?? one);
}

/** One word of a POSIX shell, whatever it holds (Python's `shlex.quote`). */
function quoteForShell(own: string): string {
  if (own !== '' && /^[\w@%+=:,./-]+$/.test(own)) return own;
  return `'${own.replaceAll("'", `'"'"'`)}'`;
}

function encodeUrl(own: string, keeps: string): string {
  const encoded = encodeURIComponent(own.toWellFormed()).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return keeps === '/' ? encoded.replaceAll('%2F', '/') : encoded;
}

function encodeUrlFilter(self: Value, _given: Given, run: Run): Value {
  const pairs = self instanceof Dict ? self.entries() : undefined;
  if (pairs === undefined) {
    const own = softText(self, run);
    run.budget.spendLength(own.length * 3);
    return encodeUrl(own, '/');
  }
  const parts = pairs.map((pair) =>
    pair.map((one) => encodeUrl(softText(one, run), '').replaceAll('%20', '+')).join('='),
  );
  return text.join(parts, '&', run.budget);
}

const replace = native(['old', 'new', 'count'], (self, [old, fresh, count], run) =>
  text.replace(
    softText(self, run),
    softText(required(old, 'replace', 'old'), run),
    softText(required(fresh, 'replace', 'new'), run),
    count === null ? -1 : wholeOf(count, -1, 'the count'),
    run.budget,
  ),
);

/** An argument that cannot be left out. */
function required(value: Value | undefined, filter: string, name: string): Value {
  if (value !== undefined) return value;
  throw new TemplateFault(`the filter ${filter} needs the argument ${name}`);
}

const center = native(['width'], (self, [width], run) => {
  const size = wholeOf(width, 80, 'the width');
  run.budget.spendLength(size);
  return text.center(softText(self, run), size, ' ');
});

const format = native(['*'], (self, given, run, named) => {
  const values = named.size > 0 ? new Dict(named) : new Tuple(given.filter((value) => value !== undefined));
  return formatPercent(softText(self, run), values, run.budget);
});

const truncateFilter = native(
  ['length', 'killwords', 'end', 'leeway'],
  (self, [length, cuts, end, leeway], run) =>
    truncate(softText(self, run), {
      length: wholeOf(length, 255, 'the length'),
      cutsWords: cuts !== undefined && isTrue(cuts),
      end: end === undefined ? '...' : textOf(end, 'the end'),
      leeway: leeway === null ? 5 : wholeOf(leeway, 5, 'the leeway'),
    }),
);

const indentFilter = native(['width', 'first', 'blank'], (self, [width, first, blank], run) => {
  const prefix = typeof width === 'string' ? width : undefined;
  const size = prefix === undefined ? wholeOf(width, 4, 'the width') : 0;
  run.budget.spendLength(size);
  return indent(softText(self, run), prefix ?? ' '.repeat(Math.max(0, size)), {
    first: first !== undefined && isTrue(first),
    blank: blank !== undefined && isTrue(blank),
    budget: run.budget,
  });
});

/** Texts of a list, or of anything else its own text, each quoted for a shell. */
function quoteFilter(self: Value, _given: Given, run: Run): Value {
  if (!Array.isArray(self) && !(self instanceof Tuple)) return quoteForShell(softText(self, run));
  return getItems(self, run.budget).map((item) => quoteForShell(softText(item, run)));
}

/** Filters that make texts of texts. */
export const TEXT_FILTERS: ReadonlyMap<string, Native> = new Map([
  ['upper', plain((own) => own.toUpperCase())],
  ['lower', plain((own) => own.toLowerCase())],
  ['capitalize', plain(text.capitalize)],
  ['title', plain((own) => own.replace(/[^-\s({[<]+/g, text.capitalize))],
  [
    'trim',
    native(['chars'], (self, [characters], run) =>
      text.strip(softText(self, run), characters ?? null, 'both'),
    ),
  ],
  ['string', plain((own) => own)],
  ['safe', plain((own) => own)],
  ['escape', plain(escapeHtml)],
  ['e', plain(escapeHtml)],
  ['forceescape', plain(escapeHtml)],
  ['striptags', plain(stripTags)],
  ['quote', native([], quoteFilter)],
  ['urlencode', native([], encodeUrlFilter)],
  ['wordcount', plain((own) => BigInt(own.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0))],
  ['replace', replace],
  ['center', center],
  ['format', format],
  ['truncate', truncateFilter],
  ['indent', indentFilter],
]);
