import { PlatformError } from '@racetrack-platform/errors';

/** Powers of ten by suffix (Kubernetes resource quantities, and `p` of Racetrack 2.36). */
const DECIMAL_EXPONENTS: Readonly<Record<string, number>> = {
  '': 0,
  p: -12,
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};

/** Powers of 1024 by suffix. */
const BINARY_EXPONENTS: Readonly<Record<string, number>> = { Ki: 1, Mi: 2, Gi: 3, Ti: 4, Pi: 5, Ei: 6 };

/** A number of at most 24 digits on either side of the point, and a suffix. */
export const QUANTITY = /^(\d{1,24}(?:\.\d{1,24})?)([pnumkMGTPE]|[KMGTPE]i)?$/;

/** What to write for a quantity, for error texts. */
export const QUANTITY_FIX = 'write a number with one of k M G Ki Mi Gi, such as 512Mi';

/**
 * Reads an amount of memory (bytes) or processor time (cores), such as `512Mi`, `1.5G` or `200m`.
 *
 * @returns the value in the base unit, rounded once at most.
 * @throws PlatformError `MANIFEST_INVALID`, saying what to write instead.
 */
export function parseQuantity(text: string): number {
  const value = findQuantity(text);
  if (value !== undefined) return value;
  const shown = JSON.stringify(text.slice(0, 60));
  throw new PlatformError('MANIFEST_INVALID', `${shown} is not a quantity; ${fixQuantity(text)}`, {
    hint: 'Amounts are explained in docs/reference/manifest.md under resources.',
  });
}

/** As {@link parseQuantity}, but answers `undefined` for what is no quantity. */
export function findQuantity(text: string): number | undefined {
  const match = QUANTITY.exec(text);
  if (match === null) return undefined;
  const [, digits = '', suffix = ''] = match;
  const binary = BINARY_EXPONENTS[suffix];
  if (binary !== undefined) return Number(digits) * 1024 ** binary;
  return Number(`${digits}e${DECIMAL_EXPONENTS[suffix]}`);
}

/** What to write instead of a text that is no quantity, as precisely as can be said. */
export function fixQuantity(text: string): string {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$/.exec(text.trim());
  const unit = match?.[2]?.toLowerCase().replace(/i?b(?:ytes?)?$|i$/, '');
  const proposals: Readonly<Record<string, readonly string[]>> = {
    '': [''],
    k: ['k', 'Ki'],
    m: ['M', 'Mi'],
    g: ['G', 'Gi'],
    t: ['T', 'Ti'],
  };
  const suffixes = unit === undefined ? undefined : proposals[unit];
  if (suffixes === undefined) return QUANTITY_FIX;
  const [first, second] = suffixes.map((suffix) => `${match?.[1]}${suffix}`);
  if (second === undefined) return `write ${first}`;
  return `${QUANTITY_FIX}: here ${first} (thousands) or ${second} (1024s)`;
}
