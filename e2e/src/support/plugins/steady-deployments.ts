import { join } from 'node:path';
import type { Platform } from '../platform.ts';
import { createRepository, pythonManifest } from '../job-repository.ts';

/**
 * Deploys the same job again and again until it is told to stop.
 *
 * @returns the way to stop: how often it was deployed, and what went wrong.
 */
export async function startSteadyDeployments(
  platform: Platform,
): Promise<() => Promise<{ readonly count: number; readonly failures: readonly string[] }>> {
  const directory = join(platform.directory, 'steady');
  const manifest = pythonManifest({ name: 'steady', version: '1.0.0', remote: directory });
  await createRepository(directory, {
    'job.py': 'class Job:\n    def perform(self):\n        return 1\n',
    'job.yaml': manifest,
  });
  const stopping = new AbortController();
  let count = 0;
  const failures: string[] = [];
  const work = (async () => {
    while (!stopping.signal.aborted) {
      const { code, stderr } = await platform.cli(['deploy', directory, '--force']);
      count += 1;
      if (code !== 0) failures.push(stderr);
    }
  })();
  return async () => {
    stopping.abort();
    await work;
    return { count, failures };
  };
}
