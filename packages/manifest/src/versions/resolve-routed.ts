import { isVersionAlias, resolveVersion, type VersionResolution } from './resolve-version.ts';

/** A version of a family, and what an alias has to know of it. */
export interface VersionState {
  readonly version: string;
  /** Whether it can be called. */
  readonly isRouted: boolean;
  readonly isStarting: boolean;
}

/**
 * Chooses the version that a caller means among those of one family: the one rule of lifecycle and pub.
 *
 * An alias stands for the version it is pinned to, if that can be called; else, as {@link resolveVersion} has it, for
 * one of those that can be called; if none of these fits, for a broken one, so that the caller learns what is broken;
 * never for one that is still starting.
 *
 * @param requested - as in the URL: exact, `latest`, or a pattern such as `1.x`.
 * @param versions - all of the family, in any order.
 * @param pinned - the version that this very alias is pinned to, if it is.
 */
export function resolveRouted(
  requested: string,
  versions: readonly VersionState[],
  pinned: string | undefined,
): VersionResolution {
  if (!isVersionAlias(requested)) return resolveVersion(requested, textsOf(versions));
  const routed = textsOf(versions.filter(({ isRouted }) => isRouted));
  if (pinned !== undefined && routed.includes(pinned)) return { kind: 'found', version: pinned };
  const resolution = resolveVersion(requested, routed);
  if (resolution.kind === 'found') return resolution;
  return resolveVersion(requested, textsOf(versions.filter(({ isStarting }) => !isStarting)));
}

function textsOf(versions: readonly VersionState[]): string[] {
  return versions.map(({ version }) => version);
}
