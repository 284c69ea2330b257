import { PlatformError } from '@racetrack-platform/errors';
import type { JobType, ManifestData, PluginHooks } from '@racetrack-platform/plugin-sdk';
import { compileSchema, type CheckData } from './check-schema.ts';

/** Today's name first, then the deprecated ones. */
const EXTRA_FIELDS = ['jobtype_extra', 'golang', 'python', 'wrapper_properties'];

/**
 * Puts the check of each `extraSchema` in front of the plugin's own `validateJobManifest`.
 *
 * @param hooks - changed when there is something to check.
 * @throws PlatformError `PLUGIN_FAILED` for what is no schema.
 */
export async function refuseInvalidExtra(jobTypes: readonly JobType[], hooks: PluginHooks): Promise<void> {
  const checks = new Map<string, CheckData>();
  for (const { name, version, extraSchema } of jobTypes) {
    if (extraSchema === undefined) continue;
    const fullName = `${name}:${version}`;
    checks.set(fullName, await compileSchema(extraSchema, `extraSchema of ${fullName}`, 'jobtype_extra'));
  }
  if (checks.size === 0) return;
  const own = hooks.validateJobManifest?.bind(hooks);
  hooks.validateJobManifest = async (request) => {
    const problems = checks.get(request.jobType)?.(findExtra(request.manifest)) ?? [];
    if (problems.length > 0) {
      throw new PlatformError('MANIFEST_INVALID', problems.join('; '), {
        hint: 'Correct the fields in job.yaml.',
      });
    }
    await own?.(request);
  };
}

function findExtra(manifest: ManifestData): unknown {
  return EXTRA_FIELDS.map((name) => manifest[name]).find((extra) => extra != null) ?? {};
}
