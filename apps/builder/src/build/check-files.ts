import { stat } from 'node:fs/promises';
import { normalize } from 'node:path';
import type { NativePlan } from '@racetrack-platform/contracts/processes';
import { PlatformError } from '@racetrack-platform/errors';
import { sha256 } from '../keys/cache-keys.ts';
import { digestFile, MANIFEST_FILE } from '../keys/digest-tree.ts';
import { findTextInside, resolveInside } from '../source/resolve-inside.ts';

/**
 * Checks that the files which the manifest speaks of are in the source.
 *
 * @throws PlatformError `MANIFEST_INVALID` naming every field whose file is missing.
 */
export async function assertRequiredFiles(
  plan: Pick<NativePlan, 'requiredFiles'>,
  treeDir: string,
): Promise<void> {
  const problems: string[] = [];
  for (const { path, field } of plan.requiredFiles) {
    if ((await findFile(treeDir, path)) === undefined) {
      problems.push(`${field}: the source has no file "${path}"`);
    }
  }
  if (problems.length === 0) return;
  throw new PlatformError('MANIFEST_INVALID', problems.join('; '), {
    hint: 'Correct the field in job.yaml, or commit and push the file; paths are relative to git.directory.',
  });
}

/**
 * Digests the files that an environment is made from.
 *
 * @param manifestYaml - stands for the manifest file of the source.
 * @throws PlatformError `MANIFEST_INVALID` when one is missing.
 */
export async function digestEnvironmentFiles(
  paths: readonly string[],
  treeDir: string,
  manifestYaml: string,
): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const path of paths) {
    if (normalize(path) === MANIFEST_FILE) {
      digests[path] = sha256(manifestYaml);
      continue;
    }
    const file = await findFile(treeDir, path);
    if (file === undefined) {
      throw new PlatformError(
        'MANIFEST_INVALID',
        `the source has no file "${path}", which its job type needs`,
        {
          hint: 'Commit and push the file; its path is relative to git.directory.',
        },
      );
    }
    digests[path] = await digestFile(file);
  }
  return digests;
}

/**
 * Whether the files that an environment is made from speak of further files of the source.
 *
 * @param environment - of the plan; its files were found by {@link digestEnvironmentFiles} before.
 * @throws PlatformError `SOURCE_UNAVAILABLE` when one is too large to be read.
 */
export async function refersToSource(
  environment: Pick<NativePlan['environment'], 'files' | 'referencePattern'>,
  treeDir: string,
): Promise<boolean> {
  if (environment.referencePattern === undefined) return false;
  const pattern = new RegExp(environment.referencePattern, 'mu');
  const texts = await Promise.all(environment.files.map(async (path) => await findTextInside(treeDir, path)));
  return texts.some((text) => text !== undefined && pattern.test(text));
}

async function findFile(treeDir: string, path: string): Promise<string | undefined> {
  const resolved = await resolveInside(treeDir, path);
  if (resolved.kind === 'outside') {
    throw new PlatformError('MANIFEST_INVALID', `the path "${path}" leads out of the source`, {
      hint: 'Write it relative to git.directory.',
    });
  }
  if (resolved.kind === 'missing') return undefined;
  return (await stat(resolved.path)).isFile() ? resolved.path : undefined;
}
