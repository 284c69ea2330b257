import { areEqual, compareValues, isNumeric } from '../values/compare.ts';
import { calculate } from '../values/arithmetic.ts';
import { contains } from '../values/contains.ts';
import { findItems } from '../values/iterate.ts';
import { Dict, Structure, Undefined, type Value } from '../values/value.ts';
import { FILTERS } from './filters.ts';
import { native, numberOf, type Native } from './native.ts';
import { isLower, isUpper } from './text.ts';
import { softText } from './native.ts';

function plain(matches: (self: Value) => boolean): Native {
  return native([], (self) => matches(self));
}

function remainder(divisor: Value | undefined, expected: bigint): Native['apply'] {
  return (self, [given], run) => {
    const by = divisor ?? numberOf(given ?? null, 'the divisor');
    return areEqual(calculate('%', numberOf(self, 'what is tested'), by, run.budget), expected, run.budget);
  };
}

function comparing(operator: string, matches: (order: number) => boolean): Native {
  return native(['other'], (self, [other = null], run) =>
    matches(compareValues(self, other, operator, run.budget)),
  );
}

const isEqual = native(['other'], (self, [other = null], run) => areEqual(self, other, run.budget));
const isUnequal = native(['other'], (self, [other = null], run) => !areEqual(self, other, run.budget));
const less = comparing('<', (order) => order < 0);
const lessOrEqual = comparing('<=', (order) => order <= 0);
const greater = comparing('>', (order) => order > 0);
const greaterOrEqual = comparing('>=', (order) => order >= 0);

/** What can stand behind `is`, by name. */
export const TESTS: ReadonlyMap<string, Native> = new Map([
  ['defined', plain((self) => !(self instanceof Undefined))],
  ['undefined', plain((self) => self instanceof Undefined)],
  ['none', plain((self) => self === null)],
  ['boolean', plain((self) => typeof self === 'boolean')],
  ['true', plain((self) => self === true)],
  ['false', plain((self) => self === false)],
  ['integer', plain((self) => typeof self === 'bigint')],
  ['float', plain((self) => typeof self === 'number')],
  ['number', plain(isNumeric)],
  ['string', plain((self) => typeof self === 'string')],
  ['mapping', plain((self) => self instanceof Dict)],
  ['callable', plain((self) => self instanceof Structure && self.call !== undefined)],
  ['escaped', plain(() => false)],
  ['iterable', native([], (self, _given, run) => findItems(self, run.budget) !== undefined)],
  ['sequence', native([], (self, _given, run) => findItems(self, run.budget) !== undefined)],
  ['odd', native([], remainder(2n, 1n))],
  ['even', native([], remainder(2n, 0n))],
  ['divisibleby', native(['num'], remainder(undefined, 0n))],
  ['lower', native([], (self, _given, run) => isLower(softText(self, run)))],
  ['upper', native([], (self, _given, run) => isUpper(softText(self, run)))],
  ['in', native(['seq'], (self, [container = null], run) => contains(container, self, run.budget))],
  ['sameas', native(['other'], (self, [other = null]) => self === other)],
  ['filter', plain((self) => typeof self === 'string' && FILTERS.has(self))],
  ['test', native([], (self) => typeof self === 'string' && TESTS.has(self))],
  ...['eq', 'equalto'].map((name): [string, Native] => [name, isEqual]),
  ['ne', isUnequal],
  ...['lt', 'lessthan'].map((name): [string, Native] => [name, less]),
  ['le', lessOrEqual],
  ...['gt', 'greaterthan'].map((name): [string, Native] => [name, greater]),
  ['ge', greaterOrEqual],
]);
