import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import type { Platform } from '../platform.ts';
import { makePluginZip, type SampleKind } from './sample-plugins.ts';

/** One change to what is installed. */
export interface PluginChange {
  readonly act: 'install' | 'replace' | 'remove' | 'configure';
  readonly name: string;
  readonly version: string;
  readonly kind: SampleKind;
}

const NAMES = ['amber', 'birch', 'cedar'];
const VERSIONS = ['1.0.0', '1.1.0', '2.0.0-rc1', '2.0.0'];

/** Changes in random order. @param seed - the same one gives the same changes. */
export function chooseChanges(count: number, seed: number): readonly PluginChange[] {
  const change = fc.record({
    act: fc.oneof(
      { weight: 5, arbitrary: fc.constant('install' as const) },
      { weight: 2, arbitrary: fc.constant('replace' as const) },
      { weight: 4, arbitrary: fc.constant('remove' as const) },
      { weight: 1, arbitrary: fc.constant('configure' as const) },
    ),
    name: fc.constantFrom(...NAMES),
    version: fc.constantFrom(...VERSIONS),
    kind: fc.oneof(
      { weight: 6, arbitrary: fc.constant('javascript' as const) },
      { weight: 2, arbitrary: fc.constant('python' as const) },
      { weight: 1, arbitrary: fc.constant('raises' as const) },
      { weight: 1, arbitrary: fc.constant('no-plugin' as const) },
    ),
  });
  return fc.sample(change, { numRuns: count, seed });
}

/**
 * Makes the changes one after the other, and compares the job types with what they should be after each; in the end
 * everything is removed.
 *
 * @returns what was not as it should be; empty when all was.
 */
export async function makeChanges(
  platform: Platform,
  token: string,
  changes: readonly PluginChange[],
): Promise<readonly string[]> {
  const world = { platform, token };
  const others = await listJobTypes(world);
  /** `NAME:VERSION` of what is there. */
  const installed = new Set<string>();
  const problems: string[] = [];
  const removals = NAMES.flatMap((name) =>
    VERSIONS.map((version) => ({ act: 'remove', name, version, kind: 'javascript' }) as const),
  );
  for (const change of [...changes, ...removals]) {
    const expected = foresee(change, installed);
    const { status, text } = await make(world, change);
    if (status !== expected) problems.push(`${describe(change)}: ${status} ${text}, not ${expected}`);
    const shown = await listJobTypes(world);
    const wanted = [...others, ...installed].sort();
    if (!isDeepStrictEqual(shown, wanted))
      problems.push(`${describe(change)}: job types are ${shown.join(' ')}`);
  }
  return problems;
}

interface World {
  readonly platform: Platform;
  readonly token: string;
}

/** Notes in `installed` what a change does. @returns the status that answers it. */
function foresee({ act, name, version, kind }: PluginChange, installed: Set<string>): number {
  const key = `${name}:${version}`;
  if (act === 'remove') return installed.delete(key) ? 200 : 404;
  if (act === 'configure') return installed.has(key) ? 200 : 404;
  if (kind === 'raises' || kind === 'no-plugin') return 400;
  if (act === 'replace') for (const other of VERSIONS) installed.delete(`${name}:${other}`);
  installed.add(key);
  return 200;
}

async function make(
  { platform, token }: World,
  change: PluginChange,
): Promise<{ status: number; text: string }> {
  const { act, name, version } = change;
  const base = `${platform.endpoints.lifecycle}/api/v1/plugin`;
  const headers = { 'x-racetrack-auth': token };
  const send = async (
    method: string,
    path: string,
    body?: string | Blob,
    type = 'application/octet-stream',
  ) => {
    const response = await fetch(`${base}/${path}`, {
      method,
      headers: { ...headers, ...(body !== undefined && { 'content-type': type }) },
      ...(body !== undefined && { body }),
    });
    return { status: response.status, text: await response.text() };
  };
  if (act === 'remove') return await send('DELETE', `${name}/${version}`);
  if (act === 'configure') {
    const config = JSON.stringify({ config_data: `number: ${Math.floor(Math.random() * 1_000)}\n` });
    return await send('PUT', `${name}/${version}/config`, config, 'application/json');
  }
  const zip = await makePluginZip(platform.directory, change);
  return await send('POST', `upload/${name}.zip?replace=${act === 'replace' ? 1 : 0}`, new Blob([zip]));
}

async function listJobTypes({ platform }: World): Promise<string[]> {
  const response = await fetch(`${platform.endpoints.lifecycle}/api/v1/plugin/job_type/versions`);
  return ((await response.json()) as string[]).sort();
}

function describe({ act, name, version, kind }: PluginChange): string {
  return `${act} ${name} ${version} (${kind})`;
}
