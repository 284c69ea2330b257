import { delimiter, isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { definePlugin, type ManifestData } from '@racetrack-platform/plugin-sdk';
import { createPythonFinder } from './interpreter/find-python.ts';
import { parseExtension } from './manifest-extension.ts';
import { PLUGIN_VERSION } from './plugin-version.ts';
import { createPlanNative } from './plan-native.ts';

/** Jobs that are a Python class with a method `perform`. */
export default definePlugin({
  id: 'job-type-python3',
  version: PLUGIN_VERSION,
  apiVersion: 1,
  category: 'job-type',
  setup({ pluginDir, platform, addJobType, addHooks }) {
    addHooks({ validateJobManifest });
    addJobType({
      name: 'python3',
      version: PLUGIN_VERSION,
      images: [{ dockerfilePath: 'job-template.Dockerfile' }],
      planNative: createPlanNative({
        pluginDir,
        findPython: createPythonFinder({
          sharedDirs:
            platform['isolation'] === 'account' ? listSharedDirs(process.env['PATH'] ?? '') : undefined,
        }),
        swaggerDir: fileURLToPath(new URL('.', import.meta.resolve('swagger-ui-dist/package.json'))),
      }),
    });
  },
});

/** For containers, whose Dockerfile takes the fields as they are: what is wrong is told before anything is built. */
function validateJobManifest({ manifest }: { readonly manifest: ManifestData }): void {
  const extra = ['jobtype_extra', 'python', 'wrapper_properties']
    .map((name) => manifest[name])
    .find(isObject);
  parseExtension(extra ?? {});
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The search path, and where systems keep what is for everybody. */
function listSharedDirs(searchPath: string): string[] {
  return [
    ...new Set([...searchPath.split(delimiter), '/usr/local/bin', '/usr/bin', '/opt/homebrew/bin']),
  ].filter(isAbsolute);
}
