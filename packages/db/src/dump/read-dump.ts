import { createHash } from 'node:crypto';
import { PlatformError } from '@racetrack-platform/errors';
import { MIGRATION_NAMES } from '../migrate.ts';
import { DUMP_FORMAT, DUMP_VERSION, type DumpFooter, type DumpHeader, type DumpRow } from './dump-format.ts';
import { EXPORTED_TABLES } from './dump-tables.ts';

/** Far above every row of ours; a file without line ends must not fill the memory. */
const MAX_LINE_BYTES = 256 * 1024 * 1024;
const MAX_HEADER_BYTES = 64 * 1024;
const NEWLINE = 10;
const HINT = 'Export the store again, and take the whole file.';

export interface RowLine {
  readonly table: string;
  readonly row: DumpRow;
}

/** Lines as they are, with their place for errors. */
interface Line {
  readonly number: number;
  readonly text: string;
}

/** A whole export, read from its pieces. The rows come before it is known whether the file is whole: at the end. */
export interface Dump {
  readonly header: DumpHeader;
  /** @throws PlatformError `STORE_EXPORT_INVALID` at a wrong line, and at the end when the footer does not fit. */
  readonly rows: AsyncGenerator<RowLine>;
}

/**
 * @param chunks - of the file, in order.
 * @throws PlatformError `STORE_EXPORT_INVALID` when it is another kind of file, or from a newer release.
 */
export async function readDump(chunks: AsyncIterable<Buffer>): Promise<Dump> {
  const hash = createHash('sha256');
  const lines = splitLines(chunks);
  const first = await lines.next();
  const header = first.done === true ? undefined : parseHeader(first.value.text);
  if (header === undefined) throw invalid('it is no export of a store');
  assertReadable(header);
  hash.update(`${first.value?.text}\n`);
  return { header, rows: readRows(lines, hash) };
}

async function* readRows(
  lines: AsyncGenerator<Line>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<RowLine> {
  const counts: Record<string, number> = {};
  let position = 0;
  for await (const { number, text } of lines) {
    const value = parseJson(text);
    if (isFooter(value)) {
      assertWhole(value, counts, hash.digest('hex'));
      if ((await lines.next()).done !== true) throw invalid('something follows its end');
      return;
    }
    const line = parseRow(value);
    const place = EXPORTED_TABLES.findIndex(({ name }) => name === line?.table);
    if (line === undefined || place < position) throw invalid(`line ${number} cannot be read`);
    position = place;
    counts[line.table] = (counts[line.table] ?? 0) + 1;
    hash.update(`${text}\n`);
    yield line;
  }
  throw invalid('its end is missing');
}

async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  let number = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      number += 1;
      yield { number, text: Buffer.concat([...rest, chunk.subarray(start, end)]).toString('utf8') };
      rest = [];
      restBytes = 0;
      start = end + 1;
    }
    rest.push(chunk.subarray(start));
    restBytes += chunk.length - start;
    if (restBytes > (number === 0 ? MAX_HEADER_BYTES : MAX_LINE_BYTES))
      throw invalid('it is no export of a store');
  }
  if (restBytes > 0) throw invalid('its last line is cut off');
}

function parseHeader(text: string): DumpHeader | undefined {
  const value = parseJson(text);
  if (!isRecord(value) || value['format'] !== DUMP_FORMAT || typeof value['version'] !== 'number')
    return undefined;
  const { version, migrations, storeId, productVersion, createdAt } = value;
  if (!Array.isArray(migrations) || !migrations.every((name) => typeof name === 'string')) return undefined;
  if (typeof productVersion !== 'string' || typeof createdAt !== 'string') return undefined;
  return {
    format: DUMP_FORMAT,
    version,
    migrations,
    storeId: typeof storeId === 'string' ? storeId : null,
    productVersion,
    createdAt,
  };
}

function assertReadable({ version, migrations, productVersion }: DumpHeader): void {
  const isKnown = migrations.length > 0 && migrations.every((name, index) => MIGRATION_NAMES[index] === name);
  if (version === DUMP_VERSION && isKnown) return;
  throw new PlatformError(
    'STORE_EXPORT_INVALID',
    `the export was written by another release (${productVersion})`,
    {
      hint: 'Import it with that release or a newer one.',
    },
  );
}

function parseRow(value: unknown): RowLine | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [table, row]: unknown[] = value;
  if (typeof table !== 'string' || !isRecord(row)) return undefined;
  if (!EXPORTED_TABLES.some(({ name }) => name === table)) return undefined;
  const isStorable = Object.values(row).every(
    (cell) => cell === null || typeof cell === 'string' || Number.isSafeInteger(cell),
  );
  return isStorable ? { table, row: row as DumpRow } : undefined;
}

function isFooter(value: unknown): value is DumpFooter {
  return (
    isRecord(value) &&
    value['end'] === true &&
    typeof value['sha256'] === 'string' &&
    isRecord(value['counts'])
  );
}

function assertWhole(footer: DumpFooter, counts: Record<string, number>, sha256: string): void {
  const names = new Set([...Object.keys(counts), ...Object.keys(footer.counts)]);
  const isComplete = [...names].every((name) => (counts[name] ?? 0) === (footer.counts[name] ?? 0));
  if (!isComplete || footer.sha256 !== sha256) throw invalid('it was altered, or lacks rows');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The error for a file that is not what was asked for. */
export function invalid(problem: string): PlatformError {
  return new PlatformError('STORE_EXPORT_INVALID', `the export cannot be used: ${problem}`, { hint: HINT });
}
