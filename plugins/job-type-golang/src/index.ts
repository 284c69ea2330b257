import { fileURLToPath } from 'node:url';
import {
  definePlugin,
  listProgramDirs,
  readJobtypeExtra,
  type ManifestData,
} from '@racetrack-platform/plugin-sdk';
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
            platform['isolation'] === 'account'
              ? listProgramDirs(process.env['PATH'] ?? '', ['/usr/local/go/bin'])
              : undefined,
        }),
        swaggerDir: fileURLToPath(new URL('.', import.meta.resolve('swagger-ui-dist/package.json'))),
      }),
    });
  },
});

/** For containers, whose Dockerfile takes the fields as they are: what is wrong is told before anything is built. */
function validateJobManifest({ manifest }: { readonly manifest: ManifestData }): void {
  parseExtension(readJobtypeExtra(manifest, ['golang', 'wrapper_properties']));
}
