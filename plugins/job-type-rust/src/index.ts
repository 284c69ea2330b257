import { fileURLToPath } from 'node:url';
import { definePlugin, readJobtypeExtra, type ManifestData } from '@racetrack-platform/plugin-sdk';
import { parseExtension } from './manifest-extension.ts';
import { createPlanNative } from './plan-native.ts';
import { PLUGIN_VERSION } from './plugin-version.ts';
import { createRustFinder } from './toolchain/find-rust.ts';

/** Jobs that are a Rust function `perform`. */
export default definePlugin({
  id: 'job-type-rust',
  version: PLUGIN_VERSION,
  apiVersion: 1,
  category: 'job-type',
  setup({ pluginDir, addJobType, addHooks }) {
    addHooks({ validateJobManifest });
    addJobType({
      name: 'rust',
      version: PLUGIN_VERSION,
      images: [{ dockerfilePath: 'job-template.Dockerfile' }],
      planNative: createPlanNative({
        pluginDir,
        findRust: createRustFinder(),
        swaggerDir: fileURLToPath(new URL('.', import.meta.resolve('swagger-ui-dist/package.json'))),
      }),
    });
  },
});

/** For containers, whose Dockerfile takes the fields as they are: what is wrong is told before anything is built. */
function validateJobManifest({ manifest }: { readonly manifest: ManifestData }): void {
  parseExtension(readJobtypeExtra(manifest, ['rust', 'wrapper_properties']));
}
