import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildConformanceJob, describeWrapper, type WrapperHarness } from '@racetrack-platform/testing';
import { afterAll } from 'vitest';
import { describeManual } from './manual-harness.ts';

const PLUGIN_DIR = dirname(dirname(fileURLToPath(import.meta.url)));

const missing = hasRust() ? undefined : 'there is no cargo on this machine';

let harness: Promise<WrapperHarness> | undefined;

/** Once for all: compiling the wrapper takes a minute. */
async function build(): Promise<WrapperHarness> {
  harness ??= buildConformanceJob({ pluginDir: PLUGIN_DIR, jobType: 'rust', jobtypeExtra: {} });
  return await harness;
}

afterAll(async () => await (await harness)?.[Symbol.asyncDispose]());

describeWrapper(
  'the Rust wrapper',
  {
    missing,
    containsExit: false,
    knowsParameters: true,
    checksArguments: true,
    takesArrays: false,
    mayReturnUnencodable: true,
  },
  async () => ({ ...(await build()), [Symbol.asyncDispose]: async () => {} }),
);

describeManual(missing, async () => (await build()).environmentDir);

function hasRust(): boolean {
  try {
    execFileSync('rustc', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
