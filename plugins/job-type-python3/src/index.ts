import { fileURLToPath } from 'node:url';
import {
  definePlugin,
  listProgramDirs,
  readJobtypeExtra,
  type ManifestData,
} from '@racetrack-platform/plugin-sdk';
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
            platform['isolation'] === 'account' ? listProgramDirs(process.env['PATH'] ?? '') : undefined,
        }),
        swaggerDir: fileURLToPath(new URL('.', import.meta.resolve('swagger-ui-dist/package.json'))),
      }),
    });
  },
});

/** For containers, whose Dockerfile takes the fields as they are: what is wrong is told before anything is built. */
function validateJobManifest({ manifest }: { readonly manifest: ManifestData }): void {
  parseExtension(readJobtypeExtra(manifest, ['python', 'wrapper_properties']));
}
