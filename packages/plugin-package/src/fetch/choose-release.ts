import { PlatformError } from '@racetrack-platform/errors';
import { compareVersions, isStable, parseVersion, type Version } from '@racetrack-platform/manifest';
import type { Release } from './read-releases.ts';

const MAX_LISTED = 20;

/** A release that a plugin can be installed from. */
export interface ChosenRelease {
  /** As the release is called. */
  readonly version: string;
  /** Where anyone downloads it. */
  readonly address: string;
  /** The same at the API, for which a token may be sent. */
  readonly apiAddress: string | undefined;
}

interface Candidate extends ChosenRelease {
  /** `undefined` for names that are no version; such a release can only be asked for by its name. */
  readonly parsed: Version | undefined;
}

/**
 * Chooses the release of a version, else the highest stable one. A release is known by its name, or by its tag when it
 * has none; its first asset that ends in `.zip` is the plugin.
 *
 * @param repository - name, for messages, whose texts are the original's.
 * @param version - with or without a `v` in front.
 * @throws PlatformError `PLUGIN_SOURCE_NOT_FOUND`; it lists the versions there are.
 */
export function chooseRelease(
  releases: readonly Release[],
  repository: string,
  version: string | undefined,
): ChosenRelease {
  const candidates = releases.flatMap(toCandidate);
  if (candidates.length === 0) throw nothingToInstall(repository, releases.length);
  const chosen =
    version === undefined ? findLatestStable(candidates) : findVersion(candidates, version.trim());
  if (chosen !== undefined) return chosen;
  const what =
    version === undefined
      ? `doesn't have any valid stable release`
      : `doesn't have a release with version ${version}`;
  throw new PlatformError('PLUGIN_SOURCE_NOT_FOUND', `repository ${repository} ${what}`, {
    hint: `There are: ${listVersions(candidates)}. Name one after ==.`,
  });
}

function toCandidate({ name, tag_name, assets }: Release): Candidate[] {
  const version = [name, tag_name].map((text) => text?.trim()).find(Boolean);
  const asset = assets.find((one) => isZip(one.browser_download_url));
  if (version === undefined || asset === undefined) return [];
  const parsed = parseVersion(withoutPrefix(version));
  return [{ version, address: asset.browser_download_url, apiAddress: asset.url ?? undefined, parsed }];
}

function isZip(address: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.pathname.toLowerCase().endsWith('.zip');
}

/** Many call their releases `v1.2.3`. */
function withoutPrefix(version: string): string {
  return version.replace(/^v(?=\d)/i, '');
}

function findVersion(candidates: readonly Candidate[], version: string): Candidate | undefined {
  const exact = candidates.find((candidate) => candidate.version === version);
  const wanted = withoutPrefix(version);
  return exact ?? candidates.find((candidate) => withoutPrefix(candidate.version) === wanted);
}

function findLatestStable(candidates: readonly Candidate[]): Candidate | undefined {
  return sortHighestFirst(candidates).find(({ parsed }) => parsed !== undefined && isStable(parsed));
}

function sortHighestFirst(candidates: readonly Candidate[]): Candidate[] {
  return candidates.toSorted((a, b) => {
    if (a.parsed === undefined || b.parsed === undefined) {
      return Number(a.parsed === undefined) - Number(b.parsed === undefined);
    }
    return compareVersions(b.parsed, a.parsed);
  });
}

function listVersions(candidates: readonly Candidate[]): string {
  const versions = sortHighestFirst(candidates).map(({ version }) => version.slice(0, 100));
  const more = versions.length - MAX_LISTED;
  return versions.slice(0, MAX_LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function nothingToInstall(repository: string, releaseCount: number): PlatformError {
  const problem =
    releaseCount === 0 ? `doesn't have any release` : `has no release with a ZIP among its assets`;
  return new PlatformError('PLUGIN_SOURCE_NOT_FOUND', `repository ${repository} ${problem}`, {
    hint: 'Ask its author to attach what racetrack plugin bundle makes; or clone it, bundle it, and install the file.',
  });
}
