import { parseVersion } from './version.ts';

/** Longest version that a manifest may have: it becomes part of URLs and of file names. */
export const MAX_VERSION_LENGTH = 100;

const NUMBER = '(?:0|[1-9]\\d{0,14})';
const PRE_RELEASE_IDENTIFIER = '(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)';
const BUILD_IDENTIFIER = '[0-9A-Za-z-]+';

/** The grammar of semver.org 2.0.0, with numbers of at most fifteen digits. */
export const STRICT_VERSION = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}` +
    `(?:-${PRE_RELEASE_IDENTIFIER}(?:\\.${PRE_RELEASE_IDENTIFIER})*)?` +
    `(?:\\+${BUILD_IDENTIFIER}(?:\\.${BUILD_IDENTIFIER})*)?$`,
);

/** Whether a text may stand as `version` in a manifest. */
export function isStrictVersion(text: string): boolean {
  return text.length <= MAX_VERSION_LENGTH && STRICT_VERSION.test(text);
}

/**
 * Proposes the strict version that an author probably meant.
 *
 * @returns `undefined` when nothing obvious comes near.
 */
export function suggestVersion(text: string): string | undefined {
  const numbers = /^[vV]?(\d{1,15})(?:\.(\d{1,15}))?(?:\.(\d{1,15}))?(.*)$/.exec(text.trim());
  if (numbers === null) return undefined;
  const [, major, minor = '0', patch = '0', rest = ''] = numbers;
  const label = rest === '' || /^[-+]/.test(rest) ? rest : `-${rest.replace(/^[._]/, '')}`;
  const proposal = `${[major, minor, patch].map(Number).join('.')}${label}`;
  return isStrictVersion(proposal) && parseVersion(proposal) !== undefined ? proposal : undefined;
}
