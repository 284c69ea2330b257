/** A version taken apart. Made by {@link parseVersion}. */
export interface Version {
  /** As written. */
  readonly text: string;
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** Everything after the patch number, its first character included; empty for a stable version. */
  readonly label: string;
}

/** Fifteen digits: the most that a number holds exactly. */
const LOOSE_VERSION = /^(\d{1,15})\.(\d{1,15})\.(\d{1,15})(?!\d)(.*)$/;

/**
 * Takes a version apart, as loosely as Racetrack 2.36 does: `1.2.3rc1` and `1.2.3.4` have labels too.
 *
 * @returns `undefined` for what does not start with three numbers, or has one of more than fifteen digits.
 */
export function parseVersion(text: string): Version | undefined {
  const match = LOOSE_VERSION.exec(text);
  if (match === null) return undefined;
  const [, major, minor, patch, label = ''] = match;
  return { text, major: Number(major), minor: Number(minor), patch: Number(patch), label };
}

/** Whether a version carries no label. Build metadata is a label, as in Racetrack 2.36: `1.0.0+5` is not stable. */
export function isStable(version: Version): boolean {
  return version.label === '';
}

/**
 * Orders versions totally; fit for `sort`, ascending.
 *
 * Numbers compare as numbers, and no label is above any label. Between labels the pre-release parts decide by
 * the precedence of semver.org 2.0.0, 11, where a label of build metadata alone is above every pre-release.
 * What is still equal (`1.0.0+a` and `1.0.0+b`) is ordered by its text, so that a sort has one outcome.
 *
 * @returns below zero when `a` is the lower one; zero only for the same text.
 */
export function compareVersions(a: Version, b: Version): number {
  return (
    a.major - b.major ||
    a.minor - b.minor ||
    a.patch - b.patch ||
    Number(isStable(a)) - Number(isStable(b)) ||
    comparePreReleases(preReleaseOf(a.label), preReleaseOf(b.label)) ||
    compareText(a.text, b.text)
  );
}

/** The pre-release of a label without its dash and build metadata: of `-rc.1+5` it is `rc.1`. */
function preReleaseOf(label: string): string {
  const [beforeBuild = ''] = label.split('+', 1);
  return beforeBuild.startsWith('-') ? beforeBuild.slice(1) : beforeBuild;
}

function comparePreReleases(a: string, b: string): number {
  if (a === '' || b === '') return Number(a === '') - Number(b === '');
  const left = a.split('.');
  const right = b.split('.');
  for (const [index, identifier] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const order = compareIdentifiers(identifier, other);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function compareIdentifiers(a: string, b: string): number {
  const aIsNumber = /^\d+$/.test(a);
  const bIsNumber = /^\d+$/.test(b);
  if (!aIsNumber || !bIsNumber) return Number(bIsNumber) - Number(aIsNumber) || compareText(a, b);
  const left = a.replace(/^0+/, '');
  const right = b.replace(/^0+/, '');
  return left.length - right.length || compareText(left, right);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
