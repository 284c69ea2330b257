import type { JobRow } from '@racetrack-platform/db';
import { createInstanceRepository, createPinRepository, type Queryable } from '@racetrack-platform/db';
import { parseManifest, readManifestYaml, type Manifest } from '@racetrack-platform/manifest';
import { presentJob } from '../../jobs/present-job.ts';

/** A manifest as plugins see it: every field with its default, and what the author wrote. It holds no secrets. */
export type HookManifest = Readonly<Record<string, unknown>> & {
  readonly name: string;
  readonly version: string;
};

/** A job as plugins see it: what `GET /api/v1/job/NAME/VERSION` answers. */
export type HookJob = Readonly<Record<string, unknown>> & { readonly name: string; readonly version: string };

/** For a manifest that has been read already. */
export function toHookManifest(
  manifest: Manifest,
  written: { readonly yaml: string; readonly data: Readonly<Record<string, unknown>> },
): HookManifest {
  return { ...manifest, origin_yaml_: written.yaml, origin_dict_: written.data };
}

/** For a stored one, which was checked when it was accepted. */
export function readHookManifest(yaml: string): HookManifest {
  const { data, locate } = readManifestYaml(yaml, { source: 'job.yaml' });
  return toHookManifest(parseManifest(data, { source: 'job.yaml', locate }).manifest, { yaml, data });
}

/** Reads beside a job's row what else is told of it. */
export async function readHookJob(db: Queryable, row: JobRow, externalPubUrl: string): Promise<HookJob> {
  const instances = await createInstanceRepository(db).listByDeployment(row.deployment_id);
  const pins = await createPinRepository(db).listOfFamily(row.name);
  return { ...presentJob(row, { externalPubUrl, instanceIds: instances.map(({ id }) => id), pins }) };
}
