import { afterAll, beforeAll, describe, test } from 'vitest';
import { Platform } from '../support/platform.ts';
import { callSample } from './call-sample.ts';
import { createSampleDeployer, type SampleDeployer } from './deploy-samples.ts';
import { loadSamples } from './load-samples.ts';

/**
 * Every sample does what it declares, on one platform, deployed with the real CLI; some at a time.
 *
 * @param isWanted - which of them.
 */
export function describeSamples(isWanted: (sample: { readonly slow: boolean }) => boolean): void {
  const samples = loadSamples();

  describe('a sample answers as it declares:', () => {
    let platform: Platform;
    let token: string;
    let deployer: SampleDeployer;

    beforeAll(async () => {
      platform = await Platform.start();
      token = await platform.login();
      deployer = createSampleDeployer(platform, samples);
    });

    afterAll(async () => await platform[Symbol.asyncDispose]());

    for (const sample of samples.filter(isWanted)) {
      const why = sample.obstacle === undefined ? '' : ` (skipped: ${sample.obstacle})`;
      const options = { concurrent: true, skip: why !== '' };
      test(`${sample.folder}${why}`, options, async ({ expect }) => {
        await deployer.prepare(sample);
        await expect(callSample(platform, token, sample)).resolves.toBeUndefined();
      });
    }
  });
}
