import { dirname } from 'node:path';
import { definePlugin, type Plugin } from '@racetrack-platform/plugin-sdk';

/** A job is a Node program that listens on the socket it is given: enough to drive deployments without Python. */
const plugin: Plugin = definePlugin({
  id: 'toy-job-type',
  version: '1.0.0',
  apiVersion: 1,
  category: 'job-type',
  setup(context) {
    context.addJobType({
      name: 'toy',
      version: '1.0.0',
      images: [],
      planNative: async ({ jobtypeExtra }) => ({
        environment: { inputs: {}, files: [], expiresAfterMs: null, steps: [] },
        // Where Node.js lies may be hidden from builds.
        hostPaths: [dirname(process.execPath)],
        requiredFiles: [{ path: 'job.mjs', field: 'jobtype_extra.entrypoint_path' }],
        steps: [
          { title: 'Checking the program', command: [process.execPath, '--check', 'job.mjs'] },
          // A script of the test's, for builds that do more.
          ...(typeof jobtypeExtra['build'] === 'string'
            ? [{ title: 'Running a script', command: ['/bin/sh', '-c', jobtypeExtra['build']] }]
            : []),
        ],
        run: { command: [process.execPath, 'job.mjs', '${socket}'], env: {}, cwd: '${source}' },
      }),
    });
  },
});

export default plugin;
