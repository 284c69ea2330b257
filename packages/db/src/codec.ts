/**
 * How values travel to and from both databases: only text, integers and bytes are stored, so that SQLite's STRICT
 * tables and PostgreSQL hold the same. Times are whole milliseconds since the epoch, UTC.
 */

/** A boolean as stored: 1 or 0. */
export type Flag = 0 | 1;

export function toFlag(value: boolean): Flag {
  return value ? 1 : 0;
}

export function fromFlag(value: number): boolean {
  return value !== 0;
}

/** JSON as stored: text. */
export function toJson(value: unknown): string {
  return JSON.stringify(value);
}

export function fromJson(text: string): unknown {
  return JSON.parse(text);
}

/**
 * Text that a program wrote, such as a log line or an error, as stored: NUL, which no store holds, becomes its symbol.
 * Text from a person is refused instead, see `parameters.ts`.
 */
export function toText(value: string): string {
  return value.replaceAll('\0', '\u2400');
}

/** Makes every text of a change storable, see {@link toText}. */
export function cleanTexts<T extends object>(change: T): T {
  const entries = Object.entries(change).map(([name, value]) => [
    name,
    typeof value === 'string' ? toText(value) : value,
  ]);
  return Object.fromEntries(entries) as T;
}
