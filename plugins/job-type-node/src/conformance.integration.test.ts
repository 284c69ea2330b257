import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildConformanceJob, describeWrapper } from '@racetrack-platform/testing';

const PLUGIN_DIR = dirname(dirname(fileURLToPath(import.meta.url)));

describeWrapper(
  'the Node wrapper',
  {
    containsExit: true,
    knowsParameters: true,
    checksArguments: true,
    takesArrays: false,
    mayReturnUnencodable: true,
    cutsBrokenStreams: true,
  },
  async () =>
    await buildConformanceJob({
      pluginDir: PLUGIN_DIR,
      jobType: 'node',
      // Two threads: half as long for calls that compute.
      jobtypeExtra: { entrypoint_path: 'job.mjs', workers: 2 },
    }),
);
