import { PlatformError } from '@racetrack-platform/errors';
import { resolveJobType } from '@racetrack-platform/manifest';

export interface AvailableJobType {
  /** `name:version`. */
  readonly fullName: string;
  /** Whether it can run without containers. */
  readonly isNative: boolean;
}

/**
 * Resolves a manifest's job type among those that the chosen target can run (design D6); done once, and recorded.
 *
 * @throws PlatformError `JOB_TYPE_UNKNOWN` in the original's words.
 */
export function chooseJobType<T extends AvailableJobType>(
  available: readonly T[],
  requested: string,
  runs: 'native' | 'container',
): T {
  const candidates = runs === 'native' ? available.filter((jobType) => jobType.isNative) : available;
  const resolution = resolveJobType(
    requested,
    candidates.map((jobType) => jobType.fullName),
  );
  const found =
    resolution.kind === 'found'
      ? candidates.find((jobType) => jobType.fullName === resolution.version)
      : undefined;
  if (found) return found;
  const message =
    resolution.kind === 'missing' ? resolution.message : `language ${requested} is not supported`;
  throw new PlatformError('JOB_TYPE_UNKNOWN', message, {
    hint: 'Write one of the supported ones as `jobtype`, such as python3:latest.',
  });
}
