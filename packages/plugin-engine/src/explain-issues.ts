import { suggestWord } from '@racetrack-platform/errors';
import type { z } from 'zod';

/** Fields that are told at once. */
const MAX_ISSUES = 10;

/**
 * What is wrong with a value, in one line: each problem begins with its field.
 *
 * @param known - names at the top level, of which one may have been meant by another that is not known.
 */
export function explainIssues({ issues }: z.ZodError, known: readonly string[] = []): string {
  const problems = issues.slice(0, MAX_ISSUES).flatMap((issue) => {
    const field = issue.path.map(String);
    if (issue.code !== 'unrecognized_keys')
      return [[field.join('.'), issue.message].filter(Boolean).join(' ')];
    return issue.keys.map((key) =>
      explainUnknown([...field, key].join('.'), key, field.length === 0 ? known : []),
    );
  });
  return problems.join('; ');
}

/** `field is not known: did you mean other?` */
export function explainUnknown(field: string, written: string, known: readonly string[]): string {
  const meant = suggestWord(written, known);
  return `${field} is not known${meant === undefined ? '' : `: did you mean ${meant}?`}`;
}
