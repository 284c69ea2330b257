import { delimiter, isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { definePlugin, type ManifestData } from '@racetrack-platform/plugin-sdk';
import { parseExtension } from './manifest-extension.ts';
import { createPlanNative } from './plan-native.ts';
import { PLUGIN_VERSION } from './plugin-version.ts';
import { createGoFinder } from './toolchain/find-go.ts';

/** Jobs that are a Go package with a function `Perform`. */
export default definePlugin({
  id: 'job-type-golang',
  version: PLUGIN_VERSION,
  apiVersion: 1,
  category: 'job-type',
  setup({ pluginDir, platform, addJobType, addHooks }) {
    addHooks({ validateJobManifest });
    addJobType({
      name: 'golang',
      version: PLUGIN_VERSION,
      images: [{ dockerfilePath: 'job-template.Dockerfile' }],
      planNative: createPlanNative({
        pluginDir,
        findGo: createGoFinder({
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
  const extra = ['jobtype_extra', 'golang', 'wrapper_properties']
    .map((name) => manifest[name])
    .find(isObject);
  parseExtension(extra ?? {});
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The search path, and where systems and people keep Go for everybody. */
function listSharedDirs(searchPath: string): string[] {
  const usual = ['/usr/local/go/bin', '/usr/local/bin', '/usr/bin', '/opt/homebrew/bin'];
  return [...new Set([...searchPath.split(delimiter), ...usual])].filter(isAbsolute);
}
