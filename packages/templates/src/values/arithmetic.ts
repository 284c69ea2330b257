import { TemplateFault } from '../fault.ts';
import type { Budget } from '../limits.ts';
import type { BinaryOperator } from '../syntax/nodes.ts';
import { isNumeric, toNumber } from './compare.ts';
import { formatPercent } from './format-percent.ts';
import { Tuple, kindOf, Undefined, type Value } from './value.ts';

/** About 4,900 digits, more than Python prints. */
const MAX_BITS = 16_384;

/**
 * The operators of numbers, and `+`, `*` and `%` of texts and lists, as in Python.
 *
 * @throws TemplateFault for operands that do not go together, a division by zero, or a number out of bounds.
 */
export function calculate(operator: BinaryOperator, a: Value, b: Value, budget: Budget): Value {
  for (const value of [a, b]) {
    if (value instanceof Undefined) throw new TemplateFault(value.reason, { hint: value.hint });
  }
  if (operator === '%' && typeof a === 'string') return formatPercent(a, b, budget);
  if (isNumeric(a) && isNumeric(b)) {
    const numbers = [toNumber(a), toNumber(b)] as const;
    for (const number of numbers) if (typeof number === 'bigint') budget.spendReading(bitsOf(number));
    return calculateNumbers(operator, ...numbers);
  }
  const result = operator === '+' ? addSequences(a, b, budget) : repeat(operator, a, b, budget);
  if (result !== undefined) return result;
  throw new TemplateFault(`"${operator}" cannot be applied to ${kindOf(a)} and ${kindOf(b)}`, {
    hint: operator === '+' ? 'Join texts and other values with ~ instead of +.' : undefined,
  });
}

function addSequences(a: Value, b: Value, budget: Budget): Value | undefined {
  if (typeof a === 'string' && typeof b === 'string') {
    budget.spendLength(a.length + b.length);
    return a + b;
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    budget.spendLength(a.length + b.length);
    return [...a, ...b];
  }
  if (!(a instanceof Tuple && b instanceof Tuple)) return undefined;
  budget.spendLength(a.items.length + b.items.length);
  return new Tuple([...a.items, ...b.items]);
}

function repeat(operator: BinaryOperator, a: Value, b: Value, budget: Budget): Value | undefined {
  if (operator !== '*') return undefined;
  if (isWhole(b)) return repeatTimes(a, b, budget);
  return isWhole(a) ? repeatTimes(b, a, budget) : undefined;
}

function repeatTimes(value: Value, times: bigint | boolean, budget: Budget): Value | undefined {
  const count = Math.max(0, Number(times));
  if (typeof value === 'string') {
    budget.spendLength(value.length * count);
    return value.repeat(value === '' ? 0 : count);
  }
  const items = value instanceof Tuple ? value.items : value;
  if (!Array.isArray(items)) return undefined;
  budget.spendLength(items.length * count);
  const all = items.length === 0 ? [] : Array.from({ length: count }, () => items).flat();
  return value instanceof Tuple ? new Tuple(all) : all;
}

function isWhole(value: Value): value is bigint | boolean {
  return typeof value === 'bigint' || typeof value === 'boolean';
}

function calculateNumbers(operator: BinaryOperator, a: bigint | number, b: bigint | number): Value {
  if (['/', '//', '%'].includes(operator) && Number(b) === 0)
    throw new TemplateFault('a number is divided by zero');
  if (typeof a === 'bigint' && typeof b === 'bigint' && operator !== '/')
    return calculateWhole(operator, a, b);
  const result = calculateFloats(operator, Number(a), Number(b));
  if (Number.isFinite(result)) return result;
  throw new TemplateFault('a number becomes too large');
}

function calculateWhole(operator: Exclude<BinaryOperator, '/'>, a: bigint, b: bigint): Value {
  switch (operator) {
    case '+':
      return bounded(a + b);
    case '-':
      return bounded(a - b);
    case '*':
      return bounded(a * b);
    case '//':
      return (a - floorRemainder(a, b)) / b;
    case '%':
      return floorRemainder(a, b);
    case '**':
      return power(a, b);
  }
}

/** Takes the sign of the divisor, unlike JavaScript's. */
function floorRemainder(a: bigint, b: bigint): bigint {
  const remainder = a % b;
  return remainder !== 0n && remainder < 0n !== b < 0n ? remainder + b : remainder;
}

function power(a: bigint, b: bigint): Value {
  if (b < 0n) {
    if (a === 0n) throw new TemplateFault('a number is divided by zero');
    return Number(a) ** Number(b);
  }
  if (bitsOf(a) * Number(b) > MAX_BITS && a !== 1n && a !== -1n)
    throw new TemplateFault('a number becomes too large');
  return a ** b;
}

function bounded(value: bigint): bigint {
  if (bitsOf(value) > MAX_BITS) throw new TemplateFault('a number becomes too large');
  return value;
}

function bitsOf(value: bigint): number {
  if (value < 1n << 16n && value > -(1n << 16n)) return 16;
  return value.toString(16).length * 4;
}

function calculateFloats(operator: BinaryOperator, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '//':
      return Math.floor(a / b);
    case '%':
      return a - b * Math.floor(a / b);
    case '**':
      return a ** b;
  }
}
