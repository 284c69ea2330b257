const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
const STEP = 1_024;

/** An amount for people: `256 MiB`, `1.5 GiB`. */
export function describeBytes(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= STEP && unit < UNITS.length - 1) [value, unit] = [value / STEP, unit + 1];
  return `${Number(value.toFixed(1))} ${UNITS[unit]}`;
}

/** Why an instance was ended that went beyond a limit. */
export function describeExcess(what: 'memory' | 'disk', limitBytes: number): string {
  return `exceeded its ${what} limit of ${describeBytes(limitBytes)}`;
}
