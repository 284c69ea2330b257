import { stripVTControlCharacters } from 'node:util';

/** Names the file that a run writes its summary to. */
export const SUMMARY_VARIABLE = 'RACETRACK_TEST_SUMMARY';

/** What came of one suite. */
export interface SuiteSummary {
  passed: number;
  failed: number;
  skipped: { readonly title: string; readonly reason: string }[];
  /** A line each, `file > test: message`, for the end of a long output. */
  failures: string[];
}

/**
 * Presents the skipped tests, gathered by reason.
 *
 * @returns lines such as `3 skipped: needs python3`, the most frequent first.
 */
export function presentSkipped(skipped: SuiteSummary['skipped']): string[] {
  const titlesOf = Map.groupBy(skipped, ({ reason }) => reason);
  return [...titlesOf]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([reason, tests]) => {
      const [first] = tests;
      const which = first === undefined ? '' : ` (${first.title}${tests.length > 1 ? ', …' : ''})`;
      return `${tests.length} skipped: ${reason}${which}`;
    });
}

const LONGEST_MESSAGE = 1_000;

/**
 * Presents a failure on one line.
 *
 * @param where - the file and the test.
 * @param errors - as vitest gives them.
 */
export function presentFailure(where: string, errors: readonly { readonly message?: string }[]): string {
  const message = errors.map((error) => error.message ?? 'no message').join('; ') || 'no message';
  return `${where}: ${stripVTControlCharacters(message).replaceAll(/\s+/gu, ' ').slice(0, LONGEST_MESSAGE)}`;
}
