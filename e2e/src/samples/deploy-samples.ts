import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Platform } from '../support/platform.ts';
import type { Sample } from './load-samples.ts';

/** Deploys samples when they are asked for, each once. */
export interface SampleDeployer {
  /**
   * Resolves when a sample is deployed, with what it needs, and may call that.
   *
   * @throws an error with the words of the CLI.
   */
  readonly prepare: (sample: Sample) => Promise<void>;
}

/** Deploys with the real CLI, from copies of the folders. How many at a time is up to whoever asks. */
export function createSampleDeployer(platform: Platform, samples: readonly Sample[]): SampleDeployer {
  const deployments = new Map<string, Promise<void>>();

  async function deploy({ folder, directory }: Sample): Promise<void> {
    const copy = join(platform.directory, 'samples', folder);
    await mkdir(join(platform.directory, 'samples'), { recursive: true });
    await cp(directory, copy, { recursive: true });
    await runCli(platform, ['deploy', copy, '--build-context', 'local']);
  }

  async function deployOnce(sample: Sample): Promise<void> {
    const deployment = deployments.get(sample.folder) ?? deploy(sample);
    deployments.set(sample.folder, deployment);
    await deployment;
  }

  return {
    async prepare(sample) {
      const needed = samples.filter(({ folder }) => sample.needs.includes(folder));
      await Promise.all([sample, ...needed].map(deployOnce));
      for (const endpoint of sample.opens) {
        await runCli(platform, ['public-endpoint', 'open', sample.jobName, endpoint]);
      }
      for (const { jobName } of needed) {
        const caller = `job-family:${sample.jobName}`;
        await runCli(platform, ['permission', 'grant', caller, 'call_job', '--family', jobName]);
      }
    },
  };
}

async function runCli(platform: Platform, args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await platform.cli(args);
  if (code !== 0) throw new Error(`racetrack ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
}
