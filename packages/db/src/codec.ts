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
