import { delimiter, isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { definePlugin } from '@racetrack-platform/plugin-sdk';
import { createPythonFinder } from './interpreter/find-python.ts';
import { PLUGIN_VERSION } from './plugin-version.ts';
import { createPlanNative } from './plan-native.ts';

/** Jobs that are a Python class with a method `perform`. */
export default definePlugin({
  id: 'job-type-python3',
  version: PLUGIN_VERSION,
  apiVersion: 1,
  category: 'job-type',
  setup({ pluginDir, platform, addJobType }) {
    addJobType({
      name: 'python3',
      version: PLUGIN_VERSION,
      images: [],
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

/** The search path, and where systems keep what is for everybody. */
function listSharedDirs(searchPath: string): string[] {
  return [
    ...new Set([...searchPath.split(delimiter), '/usr/local/bin', '/usr/bin', '/opt/homebrew/bin']),
  ].filter(isAbsolute);
}
