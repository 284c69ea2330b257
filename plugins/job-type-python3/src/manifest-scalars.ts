import type { ParsedScalar } from '@racetrack-platform/plugin-sdk';

/**
 * A version of Python as `3.X`; a patch level is dropped, since any patch of a minor version runs the same code.
 * Without quotes YAML reads 3.10 as the number 3.1, a Python that no one runs: it is taken for 3.10.
 */
export function parsePythonVersion(value: unknown): ParsedScalar<string> {
  if (value === null || value === '') return undefined;
  if (value === 3.1) return '3.10';
  const text = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : '';
  const match = /^(\d{1,2})(?:\.(\d{1,3})(?:\.\d{1,3})?)?$/.exec(text);
  if (match?.[1] === undefined) return 'invalid';
  return match[2] === undefined ? match[1] : `${match[1]}.${match[2]}`;
}
