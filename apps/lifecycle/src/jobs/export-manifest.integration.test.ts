import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import type { DeploymentDto } from '@racetrack-platform/contracts';
import { readManifestYaml } from '@racetrack-platform/manifest';
import { TestControl, toyProgram } from '../testing/start-test-control.ts';

const TIMEOUT_MS = 120_000;

test(
  'the exported manifest deploys the same artifact on another installation',
  { timeout: TIMEOUT_MS },
  async () => {
    await using first = await TestControl.start();
    const manifest = await first.commit('adder', '1.0.0', toyProgram('1'));
    const deployed = await first.deploy(manifest);
    // The branch goes on; what was deployed stays what it was.
    await first.commit('adder', '1.1.0', toyProgram('2'));

    const answer = await first.request('GET', '/api/v1/job/adder/latest/manifest?reproducible=true');
    const yaml = await answer.text();

    expect(answer.headers.get('content-type')).toBe('application/yaml; charset=utf-8');
    expect(yaml).toContain('# adder 1.0.0 as it was deployed on 20');
    const { data } = readManifestYaml(yaml, { source: 'job.yaml' });
    expect(data).toEqual({
      ...manifest,
      jobtype: 'toy:1.0.0',
      git: { remote: expect.any(String), branch: deployed.commit },
    });
    const submitted = await first.request('GET', '/api/v1/job/adder/1.0.0/manifest');
    expect(readManifestYaml(await submitted.text(), { source: 'job.yaml' }).data).toEqual(manifest);

    await using second = await TestControl.start();
    const again = await second.deploy(data);

    const facts = ({ commit, status, job }: DeploymentDto) => [status, commit, job?.job_type_version];
    expect(facts(again)).toEqual(facts(deployed));
    expect(await digestArtifact(second, again)).toBe(await digestArtifact(first, deployed));

    const fromFiles = { ...manifest, version: '2.0.0' };
    await first.deploy(fromFiles, { build_context: await first.archive('adder') });
    const refused = await first.request('GET', '/api/v1/job/adder/2.0.0/manifest?reproducible=true');
    expect([refused.status, await refused.json()]).toEqual([
      400,
      expect.objectContaining({
        code: 'SOURCE_UNAVAILABLE',
        hint: expect.stringContaining('Commit and push'),
      }),
    ]);
    expect((await first.request('GET', '/api/v1/job/adder/1.0.0/manifest?reproducible=yes')).status).toBe(
      422,
    );
    expect((await first.request('GET', '/api/v1/job/adder/1.0.0/manifest', undefined, '')).status).toBe(401);
  },
);

/** SHA-256 over the names and contents of all files that were prepared to run, but for the manifest. */
async function digestArtifact(control: TestControl, { image_name: key }: DeploymentDto): Promise<string> {
  const directory = join(control.dataDir, 'builds/artifacts', key ?? '', 'tree');
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name !== 'job.yaml');
  expect(files.map((file) => file.name)).toContain('job.mjs');
  const digest = createHash('sha256');
  for (const path of files.map((file) => join(file.parentPath, file.name)).sort()) {
    digest.update(`${relative(directory, path)}\n`).update(await readFile(path));
  }
  return digest.digest('hex');
}
