import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildConformanceJob, describeWrapper } from '@racetrack-platform/testing';

const PLUGIN_DIR = dirname(dirname(fileURLToPath(import.meta.url)));
const hasGo = spawnSync('go', ['version']).status === 0;

describeWrapper(
  'the Go wrapper',
  {
    missing: hasGo ? undefined : 'there is no go on this machine',
    containsExit: false,
    knowsParameters: true,
    checksArguments: true,
    takesArrays: false,
    mayReturnUnencodable: true,
  },
  async () => await buildConformanceJob({ pluginDir: PLUGIN_DIR, jobType: 'golang', jobtypeExtra: {} }),
);
