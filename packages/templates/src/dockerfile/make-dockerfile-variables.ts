import { getJobType, getJobTypeExtra, type Manifest } from '@racetrack-platform/manifest';
import { TemplateObject } from '../values/from-outside.ts';

/** What the template of a job's Dockerfile is told. */
export interface DockerfileFacts {
  /** With defaults filled in: what a manifest leaves out is null. */
  readonly manifest: Manifest;
  /** The commit that is built, as `git describe` calls it. */
  readonly gitVersion: string;
  readonly racetrackVersion: string;
  /** Resolved, without the name: `2.15.1`. */
  readonly jobTypeVersion: string;
  /** The separately built base image of an older job type. @defaultValue '' */
  readonly baseImage?: string;
}

/**
 * Makes the variables of a Dockerfile template, under the names of Racetrack 2.36.
 *
 * The settings of a job type had several names over time. Each of them answers the settings, whichever the manifest
 * uses, so that old templates serve new manifests and the other way round.
 */
export function makeDockerfileVariables(facts: DockerfileFacts): Record<string, unknown> {
  const { manifest } = facts;
  const extra = readVersionsAsText(getJobTypeExtra(manifest));
  return {
    manifest: describeManifest(manifest, extra),
    manifest_jobtype_extra: extra,
    env_vars: manifest.build_env ?? {},
    git_version: facts.gitVersion,
    deployed_by_racetrack_version: facts.racetrackVersion,
    job_type_version: facts.jobTypeVersion,
    base_image: facts.baseImage ?? '',
    resource_name: `job-${manifest.name}-v-${manifest.version}`.replaceAll('.', '-'),
  };
}

function describeManifest(manifest: Manifest, extra: Readonly<Record<string, unknown>>): TemplateObject {
  const jobType = getJobType(manifest);
  const settings = Object.keys(extra).length === 0 ? null : extra;
  const fields = {
    ...manifest,
    jobtype: manifest.jobtype ?? jobType,
    lang: manifest.lang ?? jobType,
    jobtype_extra: readGiven(manifest.jobtype_extra) ?? settings,
    python: readGiven(manifest.python) ?? settings,
    golang: readGiven(manifest.golang) ?? settings,
    wrapper_properties: readGiven(manifest.wrapper_properties) ?? settings,
  };
  return new TemplateObject('manifest', fields, {
    get_jobtype: () => jobType,
    get_jobtype_extra: () => extra,
  });
}

type Settings = Readonly<Record<string, unknown>>;

function readGiven(settings: Settings | null): Settings | null {
  return settings === null ? null : readVersionsAsText(settings);
}

/** YAML takes `python_version: 3.11` for a number; templates compare it with texts, and call methods of texts on it. */
function readVersionsAsText(settings: Settings): Settings {
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [
      key,
      typeof value === 'number' && /(?:^|_)version$/.test(key) ? String(value) : value,
    ]),
  );
}
