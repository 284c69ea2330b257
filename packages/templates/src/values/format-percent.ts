import { TemplateFault } from '../fault.ts';
import type { Budget } from '../limits.ts';
import { isNumeric, truncate } from './compare.ts';
import { printValue, representValue } from './print.ts';
import { Dict, Tuple, kindOf, type Value } from './value.ts';

const PLACEHOLDER = /%(?:\(([^()]*)\))?([-+ 0#]*)(\d*)(?:\.(\d+))?([^])/g;

/**
 * Python's `%` of a text: `%s %d %i %f %x %o %r %%`, with flags, width, precision and names.
 *
 * @throws TemplateFault for too few or too many values, or one of the wrong kind.
 */
export function formatPercent(format: string, values: Value, budget: Budget): string {
  const queue = values instanceof Tuple ? values.items : [values];
  let used = 0;
  budget.spendReading(format.length + queue.length);
  const text = format.replace(
    PLACEHOLDER,
    (whole, name?: string, flags?: string, width?: string, precision?: string, kind?: string) => {
      if (kind === '%') return '%';
      const value = name === undefined ? queue[used] : pick(values, name, budget);
      if (value === undefined) throw new TemplateFault(`there is no value for ${whole}`);
      if (name === undefined) used += 1;
      budget.spendLength(Number(width ?? 0) + Number(precision ?? 0));
      const shown = convert(value, whole, kind ?? '', precision, budget);
      budget.spendLength(shown.length);
      return pad(shown, flags ?? '', Number(width ?? 0), kind ?? '');
    },
  );
  if (used < queue.length && !(values instanceof Dict))
    throw new TemplateFault('the format has fewer places than values');
  budget.spendLength(text.length);
  return text;
}

function pick(values: Value, name: string, budget: Budget): Value {
  budget.spendReading(name.length);
  const value = values instanceof Dict ? values.get(name) : undefined;
  if (value === undefined) throw new TemplateFault(`the format has no value ${JSON.stringify(name)}`);
  return value;
}

function convert(
  value: Value,
  whole: string,
  kind: string,
  precision: string | undefined,
  budget: Budget,
): string {
  if (kind === 's')
    return printValue(value, budget).slice(0, precision === undefined ? undefined : Number(precision));
  if (kind === 'r') return representValue(value, budget);
  if (!'dioxXfFeEgG'.includes(kind)) throw new TemplateFault(`${whole} is no placeholder`);
  if (!isNumeric(value)) throw new TemplateFault(`${whole} needs a number, not ${kindOf(value)}`);
  if (Number(precision ?? 0) > 100) throw new TemplateFault(`${whole} asks for too many digits`);
  return convertNumber(value, kind, precision);
}

function convertNumber(
  value: bigint | number | boolean,
  kind: string,
  precision: string | undefined,
): string {
  const digits = precision === undefined ? 6 : Number(precision);
  if ('fF'.includes(kind)) return Number(value).toFixed(digits);
  if ('eE'.includes(kind))
    return Number(value)
      .toExponential(digits)
      .replace(/e([+-])(\d)$/, 'e$10$2');
  if ('gG'.includes(kind)) return String(Number(Number(value).toPrecision(Math.max(1, digits))));
  const whole = truncate(value);
  if (kind === 'o') return whole.toString(8);
  if (kind === 'x') return whole.toString(16);
  return kind === 'X' ? whole.toString(16).toUpperCase() : whole.toString();
}

function pad(text: string, flags: string, width: number, kind: string): string {
  const isText = 'sr'.includes(kind);
  let sign = '';
  if (!isText && !text.startsWith('-') && flags.includes('+')) sign = '+';
  else if (!isText && !text.startsWith('-') && flags.includes(' ')) sign = ' ';
  const signed = sign + text;
  if (flags.includes('-')) return signed.padEnd(width);
  if (!flags.includes('0') || isText) return signed.padStart(width);
  const [, prefix = '', digits = ''] = /^([-+ ]?)([^]*)$/.exec(signed) ?? [];
  return prefix + digits.padStart(width - prefix.length, '0');
}
