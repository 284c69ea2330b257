import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundlePlugin } from '@racetrack-platform/plugin-package';

/** What a plugin made for a test is written in, and how it misbehaves. */
export type SampleKind = 'javascript' | 'python' | 'raises' | 'no-plugin';

/**
 * A ZIP of a plugin that brings the job type `NAME:VERSION`.
 *
 * @param kind - `raises`: its code throws when it is loaded; `no-plugin`: it is no ZIP at all.
 */
export async function makePluginZip(
  directory: string,
  { name, version, kind }: { readonly name: string; readonly version: string; readonly kind: SampleKind },
): Promise<Uint8Array<ArrayBuffer>> {
  if (kind === 'no-plugin') return new TextEncoder().encode('no ZIP');
  const folder = join(directory, `${name}-${version}-${kind}`);
  await mkdir(folder, { recursive: true });
  const files: Readonly<Record<string, string>> = {
    'plugin-manifest.yaml': `name: ${name}\nversion: ${version}\ncategory: job-type\n`,
    'job-template.Dockerfile': 'FROM scratch\nLABEL name={{ manifest.name }}\n',
    ...(kind === 'python'
      ? { 'plugin.py': pythonPlugin(name) }
      : { 'plugin.js': javascriptPlugin(name, version, kind) }),
  };
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
  const { path } = await bundlePlugin({ directory: folder, signal: new AbortController().signal });
  return new Uint8Array(await readFile(path));
}

function pythonPlugin(name: string): string {
  return [
    'class Plugin:',
    '    def job_types(self):',
    `        return {f'${name}:{self.plugin_manifest.version}': ['job-template.Dockerfile']}`,
    '',
  ].join('\n');
}

function javascriptPlugin(name: string, version: string, kind: SampleKind): string {
  return [
    ...(kind === 'raises' ? ["throw new Error('broken on purpose');"] : []),
    'export default {',
    `  id: '${name}', version: '${version}', apiVersion: 1, category: 'job-type',`,
    '  setup({ addJobType }) {',
    `    addJobType({ name: '${name}', version: '${version}', images: [{ dockerfilePath: 'job-template.Dockerfile' }] });`,
    '  },',
    '};',
    '',
  ].join('\n');
}
