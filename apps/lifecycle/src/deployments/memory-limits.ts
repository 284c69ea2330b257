import { PlatformError } from '@racetrack-platform/errors';
import { parseQuantity, type Manifest } from '@racetrack-platform/manifest';

/** The memory of one instance that a manifest asks for, in bytes; `null`: it says nothing. */
export function readMemoryMax(manifest: Pick<Manifest, 'resources'>): number | null {
  return read(manifest.resources?.memory_max);
}

/**
 * Refuses a manifest that wants more memory for an instance than any may have.
 *
 * @param maxBytes - `null`: there is no such limit.
 * @throws PlatformError `MANIFEST_INVALID`.
 */
export function refuseExcessiveMemory(manifest: Pick<Manifest, 'resources'>, maxBytes: number | null): void {
  if (maxBytes === null) return;
  for (const field of ['memory_max', 'memory_min'] as const) {
    const wanted = manifest.resources?.[field];
    if ((read(wanted) ?? 0) <= maxBytes) continue;
    throw new PlatformError(
      'MANIFEST_INVALID',
      `resources.${field}: ${String(wanted)} is more than the ${describe(maxBytes)} that one instance may have`,
      { hint: 'Ask for less, or have an administrator raise RACETRACK_MAX_JOB_MEMORY_LIMIT.' },
    );
  }
}

function read(text: string | number | null | undefined): number | null {
  return text === null || text === undefined ? null : parseQuantity(String(text));
}

function describe(bytes: number): string {
  const mebibytes = bytes / 1_024 ** 2;
  return mebibytes % 1_024 === 0 ? `${mebibytes / 1_024}Gi` : `${Math.round(mebibytes)}Mi`;
}
