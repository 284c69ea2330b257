import { PlatformError } from '@racetrack-platform/errors';
import { resolveJobType, suggestJobType, type VersionResolution } from '@racetrack-platform/manifest';

export interface AvailableJobType {
  /** `name:version`. */
  readonly fullName: string;
  /** Whether it can run without containers. */
  readonly isNative: boolean;
}

/**
 * Resolves a manifest's job type among those that the chosen target can run (design D6); done once, and recorded.
 *
 * @throws PlatformError `JOB_TYPE_UNKNOWN`, in the original's words where it has some.
 */
export function chooseJobType<T extends AvailableJobType>(
  available: readonly T[],
  requested: string,
  runs: 'native' | 'container',
): T {
  const candidates = runs === 'native' ? available.filter((jobType) => jobType.isNative) : available;
  const resolution = resolve(requested, candidates);
  if (resolution.kind === 'found') {
    const found = candidates.find(({ fullName }) => fullName === resolution.version);
    if (found !== undefined) return found;
  }
  throw explainMissing(available, candidates, requested);
}

/** Says which of all there are was meant, and why it is out of reach, before it says that there is none. */
function explainMissing(
  available: readonly AvailableJobType[],
  candidates: readonly AvailableJobType[],
  requested: string,
): PlatformError {
  const elsewhere = resolve(requested, available);
  if (elsewhere.kind === 'found') {
    return new PlatformError(
      'JOB_TYPE_UNKNOWN',
      `job type ${elsewhere.version} is for containers, and the chosen target runs only native job types`,
      {
        hint: `Name a target that runs containers as \`infrastructure_target\`. ${advise(candidates, requested)}`,
      },
    );
  }
  const shown = candidates.length === 0 ? elsewhere : resolve(requested, candidates);
  const message = shown.kind === 'missing' ? shown.message : `language ${requested} is not supported`;
  const meant = suggestJobType(
    requested,
    candidates.map(({ fullName }) => fullName),
  );
  const hint =
    available.length === 0
      ? 'An administrator installs the plugin of a job type, from a ZIP, a URL or github.com/OWNER/REPO: racetrack plugin install SOURCE'
      : `${meant === undefined ? '' : `Did you mean ${meant}? `}${advise(candidates, meant ?? requested)}`;
  return new PlatformError('JOB_TYPE_UNKNOWN', message, { hint });
}

function resolve(requested: string, jobTypes: readonly AvailableJobType[]): VersionResolution {
  return resolveJobType(
    requested,
    jobTypes.map(({ fullName }) => fullName),
  );
}

/** @param wanted - the job type that the author has in mind: the example is of its language, if there is one. */
function advise(candidates: readonly AvailableJobType[], wanted: string): string {
  const names = candidates.map(nameOf);
  const name = names.find((known) => known === wanted.split(':', 1)[0]) ?? names[0];
  if (name === undefined) return 'There is no job type that the chosen target can run.';
  return `Write one that the chosen target can run as \`jobtype\`, such as ${name}:latest.`;
}

function nameOf({ fullName }: AvailableJobType): string {
  return fullName.split(':', 1)[0] ?? fullName;
}
