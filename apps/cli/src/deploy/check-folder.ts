import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { getJobType, getJobTypeExtra, suggestJobType } from '@racetrack-platform/manifest';
import { findRepository } from '../init/find-repository.ts';
import { JOB_LANGUAGES } from '../init/write-job.ts';
import type { Job } from './read-job.ts';

/** Fields of `jobtype_extra` that name a file of the job, in the job types that come with the platform. */
const FILE_FIELDS = [
  'entrypoint_path',
  'requirements_path',
  'model_path',
  'dependencies_path',
  'cargo_manifest_path',
];

/** What was found where the manifest lies. */
export interface FolderFindings {
  /** Mistakes, most likely. */
  readonly warnings: readonly string[];
  /** What may well be right, but cannot be known here. */
  readonly remarks: readonly string[];
}

/** Compares a manifest with the folder it lies in: job type, named files, and place in the repository. */
export async function checkFolder(job: Job, signal: AbortSignal): Promise<FolderFindings> {
  const jobType = checkJobType(job);
  const warnings = [
    ...jobType.warnings,
    ...(await findMissingFiles(job)),
    ...(await checkDirectory(job, signal)),
  ];
  return { warnings, remarks: jobType.remarks };
}

function checkJobType({ manifest }: Job): FolderFindings {
  const jobType = getJobType(manifest);
  const isBundled = JOB_LANGUAGES.some((name) => name === jobType.split(':', 1)[0]);
  if (isBundled) return { warnings: [], remarks: [] };
  const text = `jobtype: "${jobType}" is not one of those that come with the platform (${JOB_LANGUAGES.join(', ')})`;
  const meant = suggestJobType(jobType, JOB_LANGUAGES);
  return meant === undefined
    ? {
        warnings: [],
        remarks: [`${text}; a plugin of the server has to bring it: racetrack plugin list --job-types`],
      }
    : { warnings: [`${text}; did you mean ${meant}?`], remarks: [] };
}

async function findMissingFiles({ manifest, root }: Job): Promise<string[]> {
  const extra = getJobTypeExtra(manifest);
  const missing: string[] = [];
  for (const field of FILE_FIELDS) {
    const path = extra[field];
    if (typeof path !== 'string' || path === '' || (await exists(resolve(root, path)))) continue;
    missing.push(`jobtype_extra.${field}: there is no "${path}" in ${root}`);
  }
  return missing;
}

/** Only in a checkout of what is deployed: elsewhere nothing tells where the job is in its repository. */
async function checkDirectory({ manifest, root }: Job, signal: AbortSignal): Promise<string[]> {
  const { remote, directory } = manifest.git;
  const repository = await findRepository(root, signal);
  if (repository.remote === undefined || plain(repository.remote) !== plain(remote)) return [];
  if (plain(directory) === plain(repository.directory)) return [];
  return [
    `git.directory: is "${directory}", but this folder is "${repository.directory}" of the repository; ` +
      'a deployment from git builds the one that is named',
  ];
}

/** Without what makes no difference at the ends. */
function plain(text: string): string {
  return text
    .replace(/^\.\/(?=.)/, '')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
