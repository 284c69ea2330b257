/** Plugins installed, replaced and removed 200 times (or PLUGIN_CHANGES) in random order, under running deployments. */
import { expect, test } from 'vitest';
import { Platform } from '../support/platform.ts';
import { expectNoTrace, listPluginHosts } from '../support/plugins/expect-no-trace.ts';
import { chooseChanges, makeChanges } from '../support/plugins/plugin-changes.ts';
import { startSteadyDeployments } from '../support/plugins/steady-deployments.ts';

const COUNT = Number(process.env['PLUGIN_CHANGES'] ?? 200);

test(`${COUNT} changes leave the right job types, and neither process nor file`, async () => {
  await using platform = await Platform.start();
  const token = await platform.login();
  const before = await listPluginHosts(platform);
  const seed = Date.now() % 2 ** 31;
  console.log(`seed ${seed}`);
  const stop = await startSteadyDeployments(platform);

  const problems = await makeChanges(platform, token, chooseChanges(COUNT, seed));
  const { count, failures } = await stop();

  console.log(`${count} deployments meanwhile, ${failures.length} failed`);
  expect(problems).toEqual([]);
  expect(failures).toEqual([]);
  expect(count).toBeGreaterThan(0);
  await expectNoTrace(platform, before);
});
