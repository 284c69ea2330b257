import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DockerfileDto } from '@racetrack-platform/contracts';
import { createTemporaryDirectory, type TemporaryDirectory } from '@racetrack-platform/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withDeps } from '../http/create-app.ts';
import type { KnownPlugin, SetJobType } from '../plugins/set/plugin-set.ts';
import { openTestApp, type TestAnswer, type TestApp } from '../testing/open-test-app.ts';
import { createDockerfileRenderer } from './dockerfile-renderer.ts';
import { dockerfileRoutes } from './dockerfile-routes.ts';

const MANIFEST = {
  name: 'adder',
  version: '0.0.1',
  owner_email: 'me@example.com',
  jobtype: 'golang:latest',
  git: { remote: 'https://user:pass@git.example.com/jobs' },
};

const provider: KnownPlugin = {
  name: 'go',
  version: '1.5.0',
  manifest: {
    name: 'go',
    version: '1.5.0',
    build_date: null,
    url: null,
    priority: 0,
    category: null,
    components: [],
    racetrack: null,
  },
  origin: 'installed',
  installed: null,
  description: {
    dir: '',
    id: 'go',
    version: '1.5.0',
    category: null,
    jobTypes: [],
    targets: [],
    hooks: [],
    error: null,
  },
  error: null,
};

describe('POST /deploy/dockerfile', () => {
  let directory: TemporaryDirectory;
  let site: TestApp;
  const dockerfiles = createDockerfileRenderer({ env: {} });
  const tokens = { deployer: '', reader: '' };

  beforeAll(async () => {
    directory = await createTemporaryDirectory();
    await writeFile(
      join(directory.path, 'job.Dockerfile'),
      'FROM {{ base_image }}\n# {{ manifest.git.remote }}\n',
    );
    await writeFile(join(directory.path, 'base.Dockerfile'), 'FROM golang\n');
    const jobTypes = [describeJobType('1.5.0', false), describeJobType('9.0.0-native', true)];
    const host = {
      jobTypes: () => jobTypes,
      targets: () => [
        { name: 'process', runs: 'native' as const, scope: 'host' as const, plugin: 'p', provider },
      ],
      provideFiles: async () => directory.path,
    };
    site = await openTestApp(({ store }) => ({
      routes: [withDeps(dockerfileRoutes, { store, host, dockerfiles })],
    }));
    tokens.deployer = await site.access.addUser('deployer', ['deploy_new_family']);
    tokens.reader = await site.access.addUser('reader', ['read_job']);
  });
  afterAll(async () => {
    await site[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  function describeJobType(version: string, isNative: boolean): SetJobType {
    const image = {
      source: 'jobtype' as const,
      dockerfilePath: 'job.Dockerfile',
      template: true,
      baseDockerfilePath: 'base.Dockerfile',
    };
    const images = isNative ? [] : [image];
    const fullName = `golang:${version}`;
    const plugin = { plugin: 'go', pluginDir: '/nowhere', provider, digest: null };
    return { name: 'golang', version, isNative, images, fullName, ...plugin };
  }

  async function post(body: unknown, token = tokens.deployer): Promise<TestAnswer> {
    return await site.request('POST', '/deploy/dockerfile', { token, body });
  }

  test('shows what a container target would build, without credentials', async () => {
    const answer = await post({ manifest: MANIFEST });

    expect(answer.json<DockerfileDto>()).toEqual({
      job_type: 'golang:1.5.0',
      images: [
        {
          name: 'racetrack/job-entrypoint/adder',
          source: 'jobtype',
          dockerfile_path: 'job.Dockerfile',
          base: {
            name: 'racetrack/job-base/golang:1.5.0',
            dockerfile_path: 'base.Dockerfile',
            text: 'FROM golang\n',
          },
          text: 'FROM racetrack/job-base/golang:1.5.0\n# https://git.example.com/jobs',
        },
      ],
    });
  });

  test('takes the job types that the target of the manifest can run', async () => {
    const answer = await post({ manifest: { ...MANIFEST, infrastructure_target: 'process' } });

    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'BAD_REQUEST' });
  });

  test('is for those who may deploy that job', async () => {
    expect((await post({ manifest: MANIFEST }, '')).status).toBe(401);
    expect((await post({ manifest: MANIFEST }, tokens.reader)).status).toBe(401);
    expect((await post({ manifest: { name: 'adder' } })).json()).toMatchObject({ code: 'MANIFEST_INVALID' });
  });

  test('reads nothing outside of the plugin', async () => {
    await writeFile(join(directory.path, 'secret'), 'no tags');
    await mkdir(join(directory.path, 'plugin'));
    await symlink('../secret', join(directory.path, 'plugin', 'link'));
    const [image] = describeJobType('1.5.0', false).images;
    if (image === undefined) throw new Error('there is no image');
    for (const dockerfilePath of ['../secret', 'link']) {
      const images = [{ ...image, dockerfilePath, baseDockerfilePath: null }];
      await expect(dockerfiles.check(join(directory.path, 'plugin'), images)).rejects.toMatchObject({
        code: 'PLUGIN_INVALID',
        message: expect.stringContaining('leads out of') as string,
      });
    }
  });

  test('ends work that takes too long', async () => {
    const hasty = createDockerfileRenderer({ env: {}, timeoutMs: 10 });
    const { images } = describeJobType('1.5.0', false);

    await expect(hasty.check(directory.path, images)).rejects.toMatchObject({ code: 'TEMPLATE_INVALID' });
    await expect(dockerfiles.check(directory.path, images)).resolves.toBeUndefined();
  });
});
