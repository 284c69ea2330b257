import { PlatformError } from '@racetrack-platform/errors';
import type { LaunchRequest } from '@racetrack-platform/plugin-sdk';
import { substitutePlaceholders, type PlaceholderValues } from './substitute-placeholders.ts';

export interface ComposeEnvironmentOptions {
  /** What every job gets: `PATH`, `LANG`, `TMPDIR`, `HOME`. */
  readonly base: Readonly<Record<string, string>>;
  /** What no job may change. */
  readonly marks: Readonly<Record<string, string>>;
  readonly placeholders: PlaceholderValues;
}

/**
 * Makes the environment of a job's process. Nothing of the platform's own gets in; of two of the same name the job's
 * wins over its job type's, and that over the base.
 *
 * @throws PlatformError `LAUNCH_FAILED`, naming the variable but never its value.
 */
export function composeEnvironment(
  request: Pick<LaunchRequest, 'env' | 'artifact' | 'deploymentTimestamp'>,
  { base, marks, placeholders }: ComposeEnvironmentOptions,
): Record<string, string> {
  const ofJobType = Object.entries(request.artifact.run.env).map(
    ([name, value]) => [name, substitutePlaceholders(value, placeholders)] as const,
  );
  const environment = {
    ...base,
    JOB_DEPLOYMENT_TIMESTAMP: String(request.deploymentTimestamp),
    ...Object.fromEntries(ofJobType),
    ...request.env,
    ...marks,
  };
  for (const [name, value] of Object.entries(environment)) checkVariable(name, value);
  return environment;
}

/** A shell drops variables of other names without a word, and no process can be given a NUL. */
function checkVariable(name: string, value: string): void {
  const isNamed = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
  if (isNamed && !value.includes('\0')) return;
  const what = isNamed ? 'holds a NUL character' : 'has a name that no shell knows';
  throw new PlatformError('LAUNCH_FAILED', `the environment variable ${JSON.stringify(name)} ${what}`, {
    hint: 'Names are letters, digits and underscores, and do not start with a digit.',
  });
}
