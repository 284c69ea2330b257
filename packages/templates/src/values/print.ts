import type { Budget } from '../limits.ts';
import { Dict, Structure, type Tuple, Undefined, type Value } from './value.ts';

/** The text of a value where it is put out: Python's `str()`, so `True`, `None`, `1.0` and `['a']`. */
export function printValue(value: Value, budget: Budget): string {
  if (typeof value === 'string') return value;
  if (value instanceof Undefined) return '';
  return representValue(value, budget);
}

/** The text of a value inside of a list or dictionary: Python's `repr()`. */
export function representValue(value: Value, budget: Budget): string {
  budget.spend(1);
  if (typeof value === 'string') return quotePython(value, budget);
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'bigint') return paid(value.toString(), budget);
  if (typeof value === 'number') return printFloat(value);
  if (value instanceof Undefined) return 'Undefined';
  return budget.nested(() => representContainer(value, budget));
}

function representContainer(value: Value[] | Tuple | Dict | Structure, budget: Budget): string {
  const represent = (item: Value): string => representValue(item, budget);
  if (Array.isArray(value)) return joined('[', value.map(represent), ']', budget);
  if (value instanceof Structure) return paid(`<${value.typeName}>`, budget);
  if (value instanceof Dict) {
    const entries = value.entries().map(([key, item]) => `${represent(key)}: ${represent(item)}`);
    return joined('{', entries, '}', budget);
  }
  const items = value.items.map(represent);
  return joined('(', items, items.length === 1 ? ',)' : ')', budget);
}

function joined(open: string, items: readonly string[], close: string, budget: Budget): string {
  return paid(`${open}${items.join(', ')}${close}`, budget);
}

function paid(text: string, budget: Budget): string {
  budget.spendLength(text.length);
  return text;
}

/** The shortest digits that give the number back, in Python's notation. */
export function printFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    const [digits, exponent] = value.toExponential().split('e');
    const sign = exponent?.startsWith('-') === true ? '-' : '+';
    return `${digits ?? ''}e${sign}${(exponent ?? '').slice(1).padStart(2, '0')}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function quotePython(text: string, budget: Budget): string {
  budget.spendLength(text.length);
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(/[\\\n\r\t'"]|[\p{C}\p{Z}]/gu, (character) => {
    if (character === ' ' || (character !== quote && (character === '"' || character === "'")))
      return character;
    if (character === quote) return `\\${character}`;
    return SHORT_ESCAPES[character] ?? escapeCode(character.codePointAt(0) ?? 0);
  });
  return `${quote}${body}${quote}`;
}

function escapeCode(code: number): string {
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}
