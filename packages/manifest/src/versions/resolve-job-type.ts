import type { VersionResolution } from './resolve-version.ts';
import { compareVersions, isStable, parseVersion, type Version } from './version.ts';

/** Up to three parts, each a number or `*`, and a label in which `*` may stand too. */
const PATTERN = /^(?:\d+|\*)(?:\.(?:\d+|\*)){0,2}(?:-.+)?$/;

/**
 * Chooses the job type that a manifest means.
 *
 * `name:latest` is the highest stable version, or the highest of all when none is stable. In a pattern such as
 * `1.2.*` or `1.*-3.9-bullseye` each `*` stands for one or more characters of the whole version, labels included;
 * of those that fit, stable ones come before others too, where Racetrack 2.36 takes the highest of all. Every other text
 * must be there exactly.
 *
 * @param requested - `name:version`, as in the manifest.
 * @param available - `name:version` of what is installed and can run, in any order; odd ones are passed over.
 * @returns the exact `name:version`, or why there is none, in the words of Racetrack 2.36.
 */
export function resolveJobType(requested: string, available: readonly string[]): VersionResolution {
  if (available.length === 0) {
    return missing(
      'exact',
      `language ${requested} is not supported here. No job type plugins are currently installed to Racetrack.`,
    );
  }
  const [name, version, ...rest] = requested.split(':');
  if (name === undefined || version === undefined || name === '' || version === '' || rest.length > 0) {
    return missing('exact', `job type should be specified as "name:version", got "${requested}"`);
  }
  const supported = `supported are: ${presentList(available)}`;
  if (version === 'latest') {
    const found = findLatest(versionsOf(name, available));
    return foundOr(name, found, 'no-match', `there is no version matching "${requested}", ${supported}`);
  }
  if (version.includes('*') && PATTERN.test(version)) {
    const fitting = versionsOf(name, available).filter(({ text }) => fitsPattern(text, version));
    const message = `language pattern "${requested}" doesn't match any of the supported versions: ${presentList(available)}`;
    return foundOr(name, findLatest(fitting), 'no-match', message);
  }
  if (available.includes(requested)) return { kind: 'found', version: requested };
  return missing('exact', `language ${requested} is not supported, ${supported}`);
}

function versionsOf(name: string, available: readonly string[]): Version[] {
  const prefix = `${name}:`;
  return available
    .filter((reference) => reference.startsWith(prefix))
    .map((reference) => parseVersion(reference.slice(prefix.length)))
    .filter((version) => version !== undefined);
}

function findLatest(versions: readonly Version[]): Version | undefined {
  return findHighest(versions.filter(isStable)) ?? findHighest(versions);
}

function findHighest(versions: readonly Version[]): Version | undefined {
  return versions.toSorted(compareVersions).at(-1);
}

/** Matches without a regular expression, in time proportional to the product of the lengths. */
function fitsPattern(text: string, pattern: string): boolean {
  const [head = '', ...pieces] = pattern.split('*');
  const tail = pieces.pop() ?? '';
  if (!text.startsWith(head) || !text.endsWith(tail)) return false;
  let position = head.length;
  for (const piece of pieces) {
    const found = text.indexOf(piece, position + 1);
    if (found === -1) return false;
    position = found + piece.length;
  }
  return text.length - tail.length > position;
}

/** A list as Racetrack 2.36 prints it. */
function presentList(references: readonly string[]): string {
  return `[${references
    .toSorted()
    .map((reference) => `'${reference}'`)
    .join(', ')}]`;
}

function foundOr(
  name: string,
  version: Version | undefined,
  reason: 'no-match',
  message: string,
): VersionResolution {
  if (version === undefined) return missing(reason, message);
  return { kind: 'found', version: `${name}:${version.text}` };
}

function missing(reason: 'exact' | 'no-match', message: string): VersionResolution {
  return { kind: 'missing', reason, message };
}
