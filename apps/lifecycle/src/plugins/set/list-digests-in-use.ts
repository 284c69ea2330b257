import { dirname, relative, sep } from 'node:path';
import { createDeploymentRepository, fromJson, type Queryable } from '@racetrack-platform/db';
import { launchSpecSchema } from '../../deployments/launch-spec.ts';
import type { PackageFiles } from '../files/package-files.ts';

/** Digests of the plugins whose files jobs of this data directory run from, installed or not. */
export async function listDigestsInUse(
  db: Queryable,
  files: Pick<PackageFiles, 'directoryOf'>,
): Promise<string[]> {
  const packages = dirname(files.directoryOf('any'));
  const written = JSON.stringify(packages).slice(1, -1);
  const specs = await createDeploymentRepository(db).listLaunchSpecsInUse();
  // There may be thousands, and few of them are of installed plugins.
  const ours = specs.filter((text) => text.includes(written));
  return ours.flatMap((text) => {
    const { pluginDir } = launchSpecSchema.parse(fromJson(text));
    const [digest = ''] = relative(packages, pluginDir).split(sep);
    return digest === '' || digest === '..' ? [] : [digest];
  });
}
