import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildConformanceJob, describeWrapper } from '@racetrack-platform/testing';

const PLUGIN_DIR = dirname(dirname(fileURLToPath(import.meta.url)));

describeWrapper(
  'the Python wrapper',
  {
    containsExit: true,
    knowsParameters: true,
    checksArguments: true,
    // Annotations are hints, unless they name a model.
    checksTypes: false,
    takesArrays: false,
    mayReturnUnencodable: true,
    cutsBrokenStreams: true,
  },
  async () =>
    await buildConformanceJob({
      pluginDir: PLUGIN_DIR,
      jobType: 'python3',
      jobtypeExtra: { entrypoint_path: 'job.py' },
    }),
);
