import { TemplateFault } from '../fault.ts';
import { printFloat, representValue } from '../values/print.ts';
import type { Run } from '../values/run.ts';
import { Dict, Tuple, kindOf, Undefined, type Value } from '../values/value.ts';
import { wholeOf } from './native.ts';
import { sortValues } from './sort-values.ts';

/**
 * JSON as the filter of Jinja writes it: keys in order, ASCII only, and without `<`, `>`, `&` and `'`.
 *
 * @param indent - spaces for each level; null for one line.
 * @throws TemplateFault for what JSON has no word for.
 */
export function toJson(value: Value, indent: Value, run: Run): string {
  const width = indent === null ? undefined : wholeOf(indent, 0, 'the indent');
  if (width !== undefined && (width < 0 || width > 64)) throw new TemplateFault('the indent is 0 to 64');
  const text = writeJson(value, run, width, '');
  run.budget.spendLength(text.length);
  return text;
}

function writeJson(value: Value, run: Run, indent: number | undefined, margin: string): string {
  run.budget.spend(1);
  if (value === null) return 'null';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'bigint') return representValue(value, run.budget);
  if (typeof value === 'number') return writeNumber(value);
  if (typeof value === 'string') return writeText(value, run);
  if (value instanceof Undefined) throw new TemplateFault(value.reason, { hint: value.hint });
  const inner = indent === undefined ? '' : margin + ' '.repeat(indent);
  const write = (item: Value): string => run.budget.nested(() => writeJson(item, run, indent, inner));
  const wrap = (open: string, parts: readonly string[], close: string): string => {
    if (parts.length === 0) return open + close;
    run.budget.spendLength(parts.reduce((sum, part) => sum + inner.length + part.length + 2, margin.length));
    if (indent === undefined) return open + parts.join(', ') + close;
    return `${open}\n${parts.map((part) => inner + part).join(',\n')}\n${margin}${close}`;
  };
  if (Array.isArray(value)) return wrap('[', value.map(write), ']');
  if (value instanceof Tuple) return wrap('[', value.items.map(write), ']');
  if (!(value instanceof Dict)) throw new TemplateFault(`${kindOf(value)} cannot be written as JSON`);
  const keys = sortValues(value.keys(), run.budget);
  return wrap(
    '{',
    keys.map((key) => `${writeKey(key, run)}: ${write(value.get(key) ?? null)}`),
    '}',
  );
}

function writeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TemplateFault('infinity cannot be written as JSON');
  return printFloat(value);
}

function writeKey(key: Value, run: Run): string {
  if (typeof key === 'string') return writeText(key, run);
  if (key instanceof Tuple) throw new TemplateFault('a tuple cannot be a key of JSON');
  return `"${writeJson(key, run, undefined, '')}"`;
}

function writeText(text: string, run: Run): string {
  run.budget.spendLength(text.length);
  return JSON.stringify(text).replace(
    /[<>&'\u007f-\uffff]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
