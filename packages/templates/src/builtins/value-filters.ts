import { TemplateFault } from '../fault.ts';
import { isNumeric, truncate } from '../values/compare.ts';
import { lengthOf } from '../values/iterate.ts';
import { representValue } from '../values/print.ts';
import type { Run } from '../values/run.ts';
import { isTrue } from '../values/truth.ts';
import { kindOf, Undefined, valueOr, type Value } from '../values/value.ts';
import { findAttribute } from './attributes.ts';
import { native, numberOf, textOf, wholeOf, type Given, type Native } from './native.ts';
import { toJson } from './to-json.ts';

const fallback = native(['default_value', 'boolean'], (self, [value = '', forFalse = false]) =>
  self instanceof Undefined || (isTrue(forFalse) && !isTrue(self)) ? value : self,
);

const count = native([], (self, _given, run) => BigInt(lengthOf(self, run.budget)));

/** Longest text that is read as a number. */
const MAX_DIGITS = 4300;

function toInteger(self: Value, [otherwise = 0n, base]: Given): Value {
  if (self instanceof Undefined) throw new TemplateFault(self.reason, { hint: self.hint });
  if (isNumeric(self)) return truncate(self);
  if (typeof self !== 'string') return otherwise;
  const written = self.trim().replaceAll('_', '').toLowerCase();
  if (written.length > MAX_DIGITS) throw new TemplateFault('the number has too many digits');
  return valueOr(readInteger(written, wholeOf(base, 10, 'the base')), otherwise);
}

function readInteger(written: string, base: number): bigint | undefined {
  const [, sign = '', digits = ''] = /^([-+]?)([^]*)$/.exec(written) ?? [];
  const factor = sign === '-' ? -1n : 1n;
  if (base === 10 && /^\d+$/.test(digits)) return factor * BigInt(digits);
  const prefix = { 2: '0b', 8: '0o', 16: '0x' }[base];
  if (base === 0 && /^(?:0x[\da-f]+|0o[0-7]+|0b[01]+|\d+)$/.test(digits)) return factor * BigInt(digits);
  if (prefix !== undefined && digits !== '') {
    const full = digits.startsWith(prefix) ? digits : prefix + digits;
    if (/^(?:0x[\da-f]+|0o[0-7]+|0b[01]+)$/.test(full)) return factor * BigInt(full);
  }
  const float = readFloat(written);
  return float === undefined || !Number.isFinite(float) ? undefined : BigInt(Math.trunc(float));
}

function readFloat(written: string): number | undefined {
  return /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i.test(written) ? Number(written) : undefined;
}

function toFloat(self: Value, [otherwise = 0]: Given): Value {
  if (self instanceof Undefined) throw new TemplateFault(self.reason, { hint: self.hint });
  if (isNumeric(self)) return Number(self);
  return typeof self === 'string' ? valueOr(readFloat(self.trim()), otherwise) : otherwise;
}

function round(self: Value, [precision, method]: Given): Value {
  const value = numberOf(self, 'what is rounded');
  const digits = wholeOf(precision, 0, 'the precision');
  const how = method === undefined ? 'common' : textOf(method, 'the method');
  if (!['common', 'ceil', 'floor'].includes(how))
    throw new TemplateFault('the method is common, ceil or floor');
  if (Math.abs(digits) > 300) throw new TemplateFault('the precision is too large');
  if (typeof value === 'bigint' && how === 'common')
    return digits >= 0 ? value : roundWhole(value, BigInt(-digits));
  const number = Number(value);
  if (how === 'common')
    return digits >= 0
      ? roundHalfEven(number, digits)
      : Number(roundWhole(BigInt(Math.round(number)), BigInt(-digits)));
  const scaled = number * 10 ** digits;
  return (how === 'ceil' ? Math.ceil(scaled) : Math.floor(scaled)) / 10 ** digits;
}

/** An exact half goes to the even neighbour, as in Python; the digits are those of the number itself. */
function roundHalfEven(value: number, digits: number): number {
  const size = Math.abs(value);
  if (size >= 1e21 || digits > 99) return value;
  // oxlint-disable-next-line oxc/number-arg-out-of-range -- 100 digits are allowed since ECMAScript 2018
  const [whole = '', fraction = ''] = size.toFixed(100).split('.');
  const kept = `${whole}.${fraction.slice(0, digits)}`;
  const isHalf = /^50*$/.test(fraction.slice(digits));
  const isEven = '02468'.includes(kept.replace('.', '').at(-1) ?? '');
  return isHalf && isEven ? Math.sign(value) * Number(kept) : Number(value.toFixed(digits));
}

function roundWhole(value: bigint, zeros: bigint): bigint {
  const unit = 10n ** zeros;
  const rest = ((value % unit) + unit) % unit;
  const down = value - rest;
  if (rest * 2n === unit) return (down / unit) % 2n === 0n ? down : down + unit;
  return rest * 2n > unit ? down + unit : down;
}

function absolute(self: Value): Value {
  const value = numberOf(self, 'what abs is applied to');
  return value < 0 ? -value : value;
}

const attribute = native(['name'], (self, [name]) => {
  const wanted = textOf(name, 'the name');
  return valueOr(findAttribute(self, wanted), new Undefined(`${kindOf(self)} has no attribute ${wanted}`));
});

const DECIMAL_UNITS = ['kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];
const BINARY_UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB'];

function formatSize(self: Value, [binary = false]: Given): Value {
  const size = Number(toFloat(self, []));
  const base = isTrue(binary) ? 1024 : 1000;
  if (size === 1) return '1 Byte';
  if (size < base) return `${Math.trunc(size)} Bytes`;
  const units = isTrue(binary) ? BINARY_UNITS : DECIMAL_UNITS;
  const power = units.findIndex((_, index) => size < base ** (index + 2));
  const index = power === -1 ? units.length - 1 : power;
  return `${(size / base ** (index + 1)).toFixed(1)} ${units[index] ?? ''}`;
}

/** Filters that look at one value. */
export const VALUE_FILTERS: ReadonlyMap<string, Native> = new Map([
  ['default', fallback],
  ['d', fallback],
  ['length', count],
  ['count', count],
  ['int', native(['default', 'base'], toInteger)],
  ['float', native(['default'], toFloat)],
  ['round', native(['precision', 'method'], round)],
  ['abs', native([], absolute)],
  ['attr', attribute],
  ['filesizeformat', native(['binary'], formatSize)],
  ['tojson', native(['indent'], (self, [indent], run: Run) => toJson(self, indent ?? null, run))],
  ['pprint', native([], (self, _given, run) => representValue(self, run.budget))],
]);
