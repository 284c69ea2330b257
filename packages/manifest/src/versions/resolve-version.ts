import { compareVersions, isStable, parseVersion, type Version } from './version.ts';

/** What a requested version leads to. */
export type VersionResolution =
  | { readonly kind: 'found'; readonly version: string }
  | {
      readonly kind: 'missing';
      /** `exact`: no such version; `no-stable`: nothing to choose from; `no-match`: the pattern fits none. */
      readonly reason: 'exact' | 'no-stable' | 'no-match';
      /** For people; the texts of Racetrack 2.36, which scripts may look for. */
      readonly message: string;
    };

/** Numbers and `x`, joined by dots. */
const PATTERN = /^(?:\d+|x)(?:\.(?:\d+|x))*$/;

/** Whether a requested version is a pattern such as `1.x`. The word `latest` is an alias, but no pattern. */
export function isVersionPattern(text: string): boolean {
  return PATTERN.test(text) && text.includes('x');
}

/** Whether a requested version leads to another tomorrow: `latest`, or a pattern. */
export function isVersionAlias(text: string): boolean {
  return text === 'latest' || isVersionPattern(text);
}

/**
 * Whether an alias may be made to stand for a version: `latest` for any, labelled ones included; a pattern for the
 * stable ones that it fits.
 */
export function matchesAlias(alias: string, version: string): boolean {
  if (alias === 'latest') return true;
  return isVersionPattern(alias) && resolveVersion(alias, [version]).kind === 'found';
}

/**
 * Chooses the version that a caller means.
 *
 * `latest` is the highest stable version; a pattern the highest stable version that it fits, where each `x`
 * stands for one whole number and parts left out at the end may be anything; every other text means itself.
 *
 * @param requested - as in the URL; case matters, so `1.X` means itself.
 * @param available - in any order; texts that are no versions can be found by their exact text only.
 */
export function resolveVersion(requested: string, available: readonly string[]): VersionResolution {
  if (requested === 'latest') {
    return foundOr(highestStable(available, []), 'no-stable', 'No stable version found');
  }
  if (isVersionPattern(requested)) {
    if (available.length === 0) return missing('no-stable', 'No stable version found');
    const message = `Not found any stable version matching pattern: ${requested}`;
    return foundOr(highestStable(available, requested.split('.')), 'no-match', message);
  }
  const exact = available.includes(requested) ? requested : undefined;
  return foundOr(exact, 'exact', 'Job record not found for given name, version');
}

function highestStable(available: readonly string[], pattern: readonly string[]): string | undefined {
  let best: Version | undefined;
  for (const text of available) {
    const version = parseVersion(text);
    if (version === undefined || !isStable(version) || !fits(version, pattern)) continue;
    if (best === undefined || compareVersions(version, best) > 0) best = version;
  }
  return best?.text;
}

function fits(version: Version, pattern: readonly string[]): boolean {
  const numbers = [version.major, version.minor, version.patch];
  return pattern.every((part, index) =>
    part === 'x' ? index < numbers.length : Number(part) === numbers[index],
  );
}

function foundOr(
  version: string | undefined,
  reason: 'exact' | 'no-stable' | 'no-match',
  message: string,
): VersionResolution {
  return version === undefined ? missing(reason, message) : { kind: 'found', version };
}

function missing(reason: 'exact' | 'no-stable' | 'no-match', message: string): VersionResolution {
  return { kind: 'missing', reason, message };
}
