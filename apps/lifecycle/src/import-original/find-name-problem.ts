import { FAMILY_NAME } from '../records/family-name.ts';
import { hasInvisible } from '../terminal/show-invisible.ts';

/**
 * Why a name of the original cannot be taken: it would show something else than it is, or could not stand in a path.
 *
 * @param kind - `label`: shown only; `path`: also part of paths; `account`: of a user, without spaces; `family`: of jobs.
 * @returns undefined for a name that is fine.
 */
export function findNameProblem(
  kind: 'label' | 'path' | 'account' | 'family',
  name: string,
): string | undefined {
  if (hasInvisible(name)) return 'its name holds control or invisible characters';
  if (kind === 'label') return undefined;
  if (kind === 'family') {
    return FAMILY_NAME.test(name) ? undefined : 'its name breaks the rule for names of jobs';
  }
  if (/[/\\]/.test(name) || name === '.' || name === '..') return 'its name could not stand in a path';
  return kind === 'account' && /\s/.test(name) ? 'its name holds spaces' : undefined;
}

/** A text that is only shown; null in place of one that would show something else than it is. */
export function readLabel(text: string | null): string | null {
  return text === null || hasInvisible(text) ? null : text;
}
