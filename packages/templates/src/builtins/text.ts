import { charactersOf } from '../values/characters.ts';
import type { Budget } from '../limits.ts';
import type { Value } from '../values/value.ts';
import { textOf } from './native.ts';

/** Which ends of a text are stripped. */
export type Sides = 'left' | 'right' | 'both';

/** Removes white space, or any of the given characters, from the ends. */
export function strip(own: string, characters: Value, sides: Sides): string {
  if (characters === null) {
    if (sides === 'left') return own.trimStart();
    return sides === 'right' ? own.trimEnd() : own.trim();
  }
  const unwanted = new Set(textOf(characters, 'what is stripped'));
  const all = charactersOf(own);
  let start = 0;
  let end = all.length;
  if (sides !== 'right') while (start < end && unwanted.has(all[start] ?? '')) start += 1;
  if (sides !== 'left') while (end > start && unwanted.has(all[end - 1] ?? '')) end -= 1;
  return all.slice(start, end).join('');
}

/** @param limit - how many cuts at most; negative for all. */
export function split(own: string, separator: string | undefined, limit: number): string[] {
  if (separator === undefined) return splitAtSpace(own, limit);
  const parts = own.split(separator);
  if (limit < 0 || parts.length <= limit + 1) return parts;
  return [...parts.slice(0, limit), parts.slice(limit).join(separator)];
}

function splitAtSpace(own: string, limit: number): string[] {
  const trimmed = own.trim();
  if (trimmed === '') return [];
  const parts = trimmed.split(/\s+/);
  if (limit < 0 || parts.length <= limit + 1) return parts;
  let rest = own.trimStart();
  for (const part of parts.slice(0, limit)) rest = rest.slice(part.length).trimStart();
  return [...parts.slice(0, limit), rest];
}

/** Cuts the last ones. */
export function splitFromRight(own: string, separator: string | undefined, limit: number): string[] {
  if (separator === undefined) {
    const parts = own.trim() === '' ? [] : own.trim().split(/\s+/);
    if (limit < 0 || parts.length <= limit + 1) return parts;
    let rest = own.trimEnd();
    const last = limit === 0 ? [] : parts.slice(-limit);
    for (const part of last.toReversed()) rest = rest.slice(0, -part.length).trimEnd();
    return [rest, ...last];
  }
  const parts = own.split(separator);
  if (limit < 0 || parts.length <= limit + 1) return parts;
  const cut = parts.length - limit;
  return [parts.slice(0, cut).join(separator), ...parts.slice(cut)];
}

/** What Python takes for the end of a line. */
// oxlint-disable-next-line no-control-regex -- they are among them
const LINE_END = /\r\n|[\n\r\v\f\u{1c}-\u{1e}\u{85}\u{2028}\u{2029}]/u;

export function splitLines(own: string): string[] {
  const lines = own.split(LINE_END);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

/** Replaces texts by texts, without the patterns that JavaScript's own function knows. */
export function replace(own: string, old: string, fresh: string, limit: number, budget: Budget): string {
  budget.spendSearch(own, old);
  const parts = old === '' ? ['', ...charactersOf(own), ''] : own.split(old);
  const times = limit < 0 ? parts.length - 1 : Math.min(limit, parts.length - 1);
  budget.spendLength(own.length + times * fresh.length);
  return (
    parts.slice(0, times + 1).join(fresh) +
    parts
      .slice(times + 1)
      .map((part) => old + part)
      .join('')
  );
}

export function join(items: readonly string[], separator: string, budget: Budget): string {
  const length = items.reduce((sum, item) => sum + item.length + separator.length, 0);
  budget.spendLength(length);
  return items.join(separator);
}

export function partition(own: string, separator: string): [string, string, string] {
  const at = own.indexOf(separator);
  return at === -1 ? [own, '', ''] : [own.slice(0, at), separator, own.slice(at + separator.length)];
}

export function partitionFromRight(own: string, separator: string): [string, string, string] {
  const at = own.lastIndexOf(separator);
  return at === -1 ? ['', '', own] : [own.slice(0, at), separator, own.slice(at + separator.length)];
}

/** Python begins a word after anything that is no letter: `It'S`. */
export function titleCase(own: string): string {
  return own.replace(/\p{L}+/gu, capitalize);
}

export function capitalize(own: string): string {
  const [first = '', ...rest] = own;
  return first.toUpperCase() + rest.join('').toLowerCase();
}

export function swapCase(own: string): string {
  return charactersOf(own)
    .map((one) => (one === one.toUpperCase() ? one.toLowerCase() : one.toUpperCase()))
    .join('');
}

/** Python leans to the left where both sides cannot be alike. */
export function center(own: string, width: number, fill: string): string {
  const space = Math.max(0, width - own.length);
  const left = Math.floor(space / 2) + (space % 2 === 1 && width % 2 === 1 ? 1 : 0);
  return fill.repeat(left) + own + fill.repeat(space - left);
}

export function expandTabs(own: string, size: number, budget: Budget): string {
  const tabs = own.split('\t').length - 1;
  budget.spendLength(own.length + tabs * Math.max(0, size));
  let column = 0;
  return own.replace(/\t|\n|[^\t\n]+/g, (part) => {
    if (part === '\n') {
      column = 0;
      return part;
    }
    const shown = part === '\t' ? ' '.repeat(size <= 0 ? 0 : size - (column % size)) : part;
    column += shown.length;
    return shown;
  });
}

export function isUpper(own: string): boolean {
  return /\p{Lu}/u.test(own) && !/\p{Ll}/u.test(own);
}

export function isLower(own: string): boolean {
  return /\p{Ll}/u.test(own) && !/\p{Lu}/u.test(own);
}
