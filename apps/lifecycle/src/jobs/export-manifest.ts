import type { DeploymentRow } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { dumpManifestYaml, readManifestYaml } from '@racetrack-platform/manifest';

const SECRET_FILES = ['secret_build_env_file', 'secret_runtime_env_file'] as const;

/**
 * The manifest that deploys the same again on another installation: the commit instead of the branch (`git.branch`
 * takes both), and the exact version of the job type. Other installations read it like any manifest.
 *
 * @param deployment - the one that is routed; its manifest is what runs, whatever was edited since.
 * @throws PlatformError `SOURCE_UNAVAILABLE` when it was built from uploaded files: no commit holds them.
 */
export function exportReproducibleManifest(deployment: DeploymentRow): string {
  const { job_name: name, job_version: version, commit_id: commit } = deployment;
  if (commit === null) {
    throw new PlatformError(
      'SOURCE_UNAVAILABLE',
      `job ${name} ${version} was built from uploaded files, which no commit holds`,
      {
        hint: 'Commit and push them, deploy with --build-context git, and try again. GET /api/v1/job/NAME/VERSION/manifest answers the manifest as it was submitted.',
      },
    );
  }
  const { data } = readManifestYaml(deployment.manifest_yaml, { source: 'job.yaml' });
  const submitted = data as Readonly<Record<string, unknown>>;
  const { lang: _oldName, git, ...rest } = submitted;
  const exact = {
    ...rest,
    jobtype: deployment.job_type_version,
    git: { ...(git as object), branch: commit },
  };
  return `${describe(deployment, submitted)}${dumpManifestYaml(exact)}`;
}

function describe(deployment: DeploymentRow, manifest: Readonly<Record<string, unknown>>): string {
  const { job_name: name, job_version: version } = deployment;
  const deployedAt = new Date((deployment.deployment_timestamp ?? 0) * 1_000).toISOString();
  const secretFiles = SECRET_FILES.filter((field) => typeof manifest[field] === 'string');
  const lines = [
    `${name} ${version} as it was deployed on ${deployedAt}: this very commit, this very job type.`,
    'Save it as job.yaml; deploy it with `racetrack deploy job.yaml --build-context git --remote SERVER`.',
    ...(secretFiles.length === 0
      ? []
      : [`Secret values are not part of it: bring the files along that ${secretFiles.join(' and ')} name.`]),
  ];
  return lines.map((line) => `# ${line}\n`).join('');
}
