import { fileURLToPath } from 'node:url';
import {
  definePlugin,
  listProgramDirs,
  readJobtypeExtra,
  type ManifestData,
} from '@racetrack-platform/plugin-sdk';
import { PLUGIN_VERSION } from './plugin-version.ts';

/** Jobs that are a JavaScript or TypeScript function or class. */
export default definePlugin({
  id: 'job-type-node',
  version: PLUGIN_VERSION,
  apiVersion: 1,
  category: 'job-type',
  setup({ pluginDir, platform, addJobType, addHooks }) {
    addHooks({ validateJobManifest });
    const isForOthers = platform['isolation'] === 'account';
    addJobType({
      name: 'node',
      version: PLUGIN_VERSION,
      images: [{ dockerfilePath: 'job-template.Dockerfile' }],
      async planNative(manifest, signal) {
        // Loaded when the first Node job is planned: the plugins of the platform share one process.
        const [{ createPlanNative }, { createNodeFinder }] = await Promise.all([
          import('./plan-native.ts'),
          import('./interpreter/find-node.ts'),
        ]);
        const plan = createPlanNative({
          pluginDir,
          findNode: createNodeFinder({
            own: { version: process.versions.node, executable: process.execPath },
            searchDirs: listProgramDirs(process.env['PATH'] ?? ''),
            isForOthers,
          }),
          toolDirs: {
            swagger: findPackage('swagger-ui-dist'),
            npm: findPackage('npm'),
            parser: findPackage('@babel/parser'),
          },
        });
        return await plan(manifest, signal);
      },
    });
  },
});

/** For containers, whose Dockerfile takes the fields as they are: what is wrong is told before anything is built. */
async function validateJobManifest({ manifest }: { readonly manifest: ManifestData }): Promise<void> {
  const { parseExtension } = await import('./manifest-extension.ts');
  parseExtension(readJobtypeExtra(manifest));
}

function findPackage(name: string): string {
  return fileURLToPath(new URL('.', import.meta.resolve(`${name}/package.json`))).replace(/\/$/, '');
}
