/** Below it lie all images of a registry that Racetrack 2.36 makes, unless it is configured otherwise. */
const NAMESPACE = 'racetrack';

/**
 * Names the image of a job as Racetrack 2.36 does, without registry and tag (there: the UTC time of the build).
 *
 * @param index - of the container; 0 is the entry point.
 */
export function nameJobImage(jobName: string, index: number): string {
  return `${NAMESPACE}/${index === 0 ? 'job-entrypoint' : `job-${index}`}/${jobName}`;
}

/**
 * Names the base image of a job type that builds one, without registry, with its tag.
 *
 * @param jobType - resolved, `name:version`.
 * @param index - of the container whose image begins with it.
 */
export function nameBaseImage(jobType: string, index: number): string {
  return `${NAMESPACE}/${index === 0 ? 'job-base' : `job-base-${index}`}/${jobType}`;
}
