import { charactersOf } from '../values/characters.ts';
import { TemplateFault } from '../fault.ts';
import type { Budget } from '../limits.ts';

export interface TruncateOptions {
  readonly length: number;
  /** Cuts inside of a word; otherwise the last whole word stays. */
  readonly cutsWords: boolean;
  readonly end: string;
  /** So much more is let through. */
  readonly leeway: number;
}

/** Shortens a text, and says so with `end`. */
export function truncate(own: string, { length, cutsWords, end, leeway }: TruncateOptions): string {
  const all = charactersOf(own);
  if (all.length <= length + leeway) return own;
  if (length < end.length) throw new TemplateFault('the length is shorter than what marks the end');
  const kept = all.slice(0, length - end.length).join('');
  if (cutsWords) return kept + end;
  const space = kept.lastIndexOf(' ');
  return (space === -1 ? kept : kept.slice(0, space)) + end;
}

/** Puts `prefix` before each line but the first. */
export function indent(
  own: string,
  prefix: string,
  { first, blank, budget }: { readonly first: boolean; readonly blank: boolean; readonly budget: Budget },
): string {
  const lines = own.split('\n');
  budget.spendLength(own.length + lines.length * prefix.length);
  const [head = '', ...rest] = lines;
  const body = rest.map((line) => (line === '' && !blank ? line : prefix + line));
  return [first ? prefix + head : head, ...body].join('\n');
}
