import { isAbsolute } from 'node:path';
import { isAddressRange } from '@racetrack-platform/contracts/processes';

/** What a value has to look like. Times are numbers, amounts are such as `512Mi`. */
export type ValueKind =
  | 'text'
  | 'switch'
  | 'port'
  | 'number'
  | 'amount'
  | 'url'
  | 'ranges'
  | 'folders'
  | { readonly oneOf: readonly string[] };

const TRUE = /^(?:1|t|true|y|yes|on)$/i;
const FALSE = /^(?:0|f|false|n|no|off)$/i;
const AMOUNT = /^\d+(?:\.\d+)?(?:[mkKMGTPE]|[KMGTPE]i|e\d+)?$/;

/**
 * Checks one value, before any process is started with it.
 *
 * @returns the value in the form that all processes read, or what is wrong with it; never the value itself.
 */
export function checkValue(
  kind: ValueKind,
  value: string,
): { readonly value: string } | { readonly problem: string } {
  const problem = findProblem(kind, value);
  if (problem !== undefined) return { problem };
  return { value: kind === 'switch' ? String(TRUE.test(value)) : value };
}

function findProblem(kind: ValueKind, value: string): string | undefined {
  if (typeof kind === 'object') {
    return kind.oneOf.includes(value) ? undefined : `must be one of ${kind.oneOf.join(', ')}`;
  }
  const check = CHECKS[kind];
  return check.test(value) ? undefined : `must be ${check.must}`;
}

const CHECKS: Readonly<
  Record<Extract<ValueKind, string>, { readonly must: string; test(value: string): boolean }>
> = {
  text: { must: 'text without line ends', test: (value) => !/[\r\n\0]/.test(value) },
  switch: { must: 'true or false', test: (value) => TRUE.test(value) || FALSE.test(value) },
  port: {
    must: 'a port from 0 to 65535',
    test: (value) => /^\d{1,5}$/.test(value) && Number(value) <= 65_535,
  },
  number: { must: 'a number, not negative', test: (value) => /^\d{1,12}(?:\.\d{1,6})?$/.test(value) },
  amount: { must: 'an amount such as 512Mi, or 0 for no limit', test: (value) => AMOUNT.test(value) },
  url: { must: 'an http or https address', test: isHttpUrl },
  ranges: {
    must: 'addresses or ranges separated by commas, such as 10.0.0.0/8,::1',
    test: (value) => value.split(',').every((entry) => isAddressRange(entry.trim())),
  },
  folders: {
    must: 'absolute paths of folders separated by commas',
    test: (value) => CHECKS.text.test(value) && value.split(',').every((entry) => isAbsolute(entry.trim())),
  },
};

function isHttpUrl(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol);
}

/** For the reference page. */
export function describeKind(kind: ValueKind): string {
  if (typeof kind === 'object') return kind.oneOf.map((value) => `\`${value}\``).join(', ');
  if (kind === 'ranges') return 'addresses and ranges';
  return kind === 'folders' ? 'absolute paths' : kind;
}
