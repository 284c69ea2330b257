import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildConformanceJob, describeWrapper } from '@racetrack-platform/testing';

const PLUGIN_DIR = dirname(dirname(fileURLToPath(import.meta.url)));

describeWrapper(
  'the Rust wrapper',
  {
    missing: hasRust() ? undefined : 'there is no cargo on this machine',
    containsExit: false,
    knowsParameters: false,
    checksArguments: true,
    takesArrays: false,
    mayReturnUnencodable: true,
  },
  async () => await buildConformanceJob({ pluginDir: PLUGIN_DIR, jobType: 'rust', jobtypeExtra: {} }),
);

function hasRust(): boolean {
  try {
    execFileSync('rustc', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
