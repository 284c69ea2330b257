import { parseManifest, readManifestYaml } from '@racetrack-platform/manifest';

/** A stored manifest as the API shows it. */
export interface PresentedManifest {
  /** Every field with its default; null when a later version no longer accepts what was stored. */
  readonly manifest: Readonly<Record<string, unknown>> | null;
  /** The fields `manifest` and `manifest_yaml` of a job, as JSON without braces. */
  readonly json: string;
}

/**
 * A list of ten thousand jobs is read again and again, and their manifests hardly ever change: parsing them would take
 * seconds each time. A few kilobytes each.
 */
const MEMO_SIZE = 20_000;
const memo = new Map<string, PresentedManifest>();

/** @param yaml - as it was submitted. */
export function presentManifest(yaml: string): PresentedManifest {
  const known = memo.get(yaml);
  if (known !== undefined) return known;
  const manifest = parse(yaml);
  const json = `"manifest":${JSON.stringify(manifest)},"manifest_yaml":${JSON.stringify(yaml)}`;
  const presented = { manifest, json };
  const [oldest] = memo.keys();
  if (memo.size >= MEMO_SIZE && oldest !== undefined) memo.delete(oldest);
  memo.set(yaml, presented);
  return presented;
}

function parse(yaml: string): Readonly<Record<string, unknown>> | null {
  try {
    const { data } = readManifestYaml(yaml, { source: 'job.yaml' });
    return { ...parseManifest(data, { source: 'job.yaml' }).manifest };
  } catch {
    return null;
  }
}
