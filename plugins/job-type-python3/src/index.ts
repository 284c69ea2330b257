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
  setup({ pluginDir, addJobType }) {
    addJobType({
      name: 'python3',
      version: PLUGIN_VERSION,
      images: [],
      planNative: createPlanNative({
        pluginDir,
        findPython: createPythonFinder(),
        swaggerDir: fileURLToPath(new URL('.', import.meta.resolve('swagger-ui-dist/package.json'))),
      }),
    });
  },
});
