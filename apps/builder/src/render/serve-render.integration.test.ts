import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import type { ImageDefinition, RenderAnswer, RenderRequest } from '@racetrack-platform/contracts/processes';
import { createTemporaryDirectory, type TemporaryDirectory } from '@racetrack-platform/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { serveRender } from './serve-render.ts';

const TEMPLATE: ImageDefinition = {
  source: 'jobtype',
  dockerfilePath: 'job.Dockerfile',
  template: true,
  baseDockerfilePath: null,
};
const OWN: ImageDefinition = { ...TEMPLATE, source: 'job', dockerfilePath: 'Dockerfile', template: false };

let directory: TemporaryDirectory;
let pluginDir = '';
let jobDir = '';

beforeEach(async () => {
  directory = await createTemporaryDirectory();
  pluginDir = join(directory.path, 'plugin');
  jobDir = join(directory.path, 'job');
  await write('secret', 'root:x');
  await write('job/Dockerfile', 'FROM a\nRUN echo ${#list[@]} {{ braces }}\n');
});

afterEach(async () => await directory[Symbol.asyncDispose]());

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(directory.path, path)), { recursive: true });
  await writeFile(join(directory.path, path), text);
}

type Changes = Partial<Extract<RenderRequest, { operation: 'render' }>>;

async function ask(request: RenderRequest): Promise<RenderAnswer> {
  const input = new Readable({ read: () => {} });
  input.push(`${JSON.stringify(request)}\n`);
  return await serveRender(input);
}

async function render(
  images: ImageDefinition[],
  fields: Record<string, unknown> = {},
  changes: Changes = {},
): Promise<RenderAnswer> {
  const manifest = {
    name: 'adder',
    version: '1.2.0',
    owner_email: 'me@example.com',
    jobtype: 'golang:latest',
    git: { remote: 'https://example.com/jobs' },
    ...fields,
  };
  return await ask({
    operation: 'render',
    manifest,
    jobType: 'golang:1.5.0',
    images,
    pluginDir,
    job: { kind: 'workspace', dir: jobDir },
    gitVersion: 'v1',
    racetrackVersion: '2.36.0',
    ...changes,
  });
}

describe('rendering', () => {
  test('makes the Dockerfile of a job from the template of its job type', async () => {
    await write(
      'plugin/job.Dockerfile',
      'FROM go\nENV N="{{ manifest.name }}" V="{{ job_type_version }} {{ git_version }} {{ base_image }}"\n',
    );

    expect(await render([TEMPLATE])).toEqual({
      type: 'images',
      images: [
        {
          name: 'racetrack/job-entrypoint/adder',
          source: 'jobtype',
          dockerfile_path: 'job.Dockerfile',
          base: null,
          text: 'FROM go\nENV N="adder" V="1.5.0 v1 "',
        },
      ],
    });
  });

  test('names the base image of an older job type, and shows how that is built', async () => {
    await write('plugin/job.Dockerfile', 'FROM {{ base_image }}');
    await write('plugin/b/base.Dockerfile', 'FROM {{ left as it is }}\n');

    expect(await render([{ ...TEMPLATE, baseDockerfilePath: 'b/base.Dockerfile' }])).toMatchObject({
      images: [
        {
          text: 'FROM racetrack/job-base/golang:1.5.0',
          base: {
            name: 'racetrack/job-base/golang:1.5.0',
            dockerfile_path: 'b/base.Dockerfile',
            text: 'FROM {{ left as it is }}\n',
          },
        },
      ],
    });
  });

  test('makes one for each container, and leaves what is no template as it is', async () => {
    await write('plugin/job.Dockerfile', 'FROM proxy');

    expect(await render([TEMPLATE, OWN])).toMatchObject({
      images: [
        { name: 'racetrack/job-entrypoint/adder', text: 'FROM proxy' },
        {
          name: 'racetrack/job-1/adder',
          source: 'job',
          dockerfile_path: 'Dockerfile',
          text: 'FROM a\nRUN echo ${#list[@]} {{ braces }}\n',
        },
      ],
    });
  });

  test('takes the Dockerfile that an older manifest names', async () => {
    const texts = { './docker/own': 'FROM own' };
    const changes: Changes = { job: { kind: 'texts', texts } };

    expect(await render([OWN], { docker: { dockerfile_path: 'docker/own' } }, changes)).toMatchObject({
      images: [{ dockerfile_path: 'docker/own', text: 'FROM own' }],
    });
    expect(await render([OWN], {}, changes)).toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      message: 'User-module Dockerfile was not found in a job workspace: Dockerfile',
    });
  });

  test('says file and line of a mistake', async () => {
    await write('plugin/job.Dockerfile', 'FROM go\n{% if manifest.golang %}\nCOPY a b\n{% endif %\nRUN c\n');

    expect(await render([TEMPLATE])).toMatchObject({
      type: 'error',
      code: 'TEMPLATE_INVALID',
      message: expect.stringContaining('job.Dockerfile:4:'),
    });
    expect(await ask({ operation: 'check', images: [TEMPLATE], pluginDir })).toMatchObject({
      code: 'TEMPLATE_INVALID',
      message: expect.stringContaining('job.Dockerfile:4:'),
    });
  });

  test('ends a template that would go on for ever', async () => {
    await write(
      'plugin/job.Dockerfile',
      'FROM a\n{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}',
    );

    expect(await render([TEMPLATE])).toMatchObject({ code: 'TEMPLATE_INVALID' });
  });
});

describe('no path leads out', () => {
  test.each(['../secret', '/etc/passwd', 'link', 'folder/secret', 'none', 'a\0b'])(
    'of a plugin: %s',
    async (path) => {
      await write('plugin/job.Dockerfile', 'FROM a');
      await symlink('../secret', join(pluginDir, 'link'));
      await symlink('..', join(pluginDir, 'folder'));

      expect(await render([{ ...TEMPLATE, dockerfilePath: path }])).toMatchObject({ code: 'PLUGIN_INVALID' });
      expect(await render([{ ...TEMPLATE, baseDockerfilePath: path }])).toMatchObject({
        code: 'PLUGIN_INVALID',
      });
    },
  );

  test.each(['../secret', '/etc/passwd', 'link'])('of a job: %s', async (path) => {
    await symlink('../secret', join(jobDir, 'link'));
    const own = { ...OWN, dockerfilePath: path };

    expect(await render([own])).toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    expect(await render([own], {}, { job: { kind: 'texts', texts: {} } })).toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
    });
  });
});

describe('a value of the manifest', () => {
  /** In the style of the public job types. */
  const PUBLIC_STYLE = [
    'FROM python:{{ manifest_jobtype_extra.get("python_version", "3.11") }}-slim',
    '{% for env_key, env_value in env_vars.items() %}',
    'ENV {{ env_key }} "{{ env_value }}"',
    '{% endfor %}',
    '{% if manifest.system_dependencies and manifest.system_dependencies|length > 0 %}',
    'RUN apk add \\',
    "    {{ manifest.system_dependencies | join(' ') }}",
    '{% endif %}',
    'ENV TITLE "{{ manifest.jobtype_extra.title }}"',
  ].join('\n');
  const HOSTILE = ['a"b', 'a\\', '$HOME ${X:-y}', "it's", 'a" B="c', 'x\nRUN evil', 'x\r\nRUN evil', '`id`'];

  test.each(HOSTILE)('adds no instruction to the Dockerfile: %j', async (value) => {
    await write('plugin/job.Dockerfile', PUBLIC_STYLE);
    const instructionsOf = (answer: RenderAnswer): string[] =>
      answer.type === 'images' ? (answer.images[0]?.text.match(/^[A-Z]+ \w+/gm) ?? []) : [answer.code];
    const expected = ['FROM python', 'ENV KEY', 'RUN apk', 'ENV TITLE'];

    for (const fields of [
      { build_env: { KEY: value }, system_dependencies: ['git'] },
      { build_env: { KEY: 'v' }, system_dependencies: ['git', value] },
      { build_env: { KEY: 'v' }, system_dependencies: ['git'], jobtype_extra: { title: value } },
    ]) {
      expect([expected, ['TEMPLATE_INVALID'], ['MANIFEST_INVALID']]).toContainEqual(
        instructionsOf(await render([TEMPLATE], fields)),
      );
    }
  });

  test('may leave out the quotes around a version', async () => {
    await write('plugin/job.Dockerfile', PUBLIC_STYLE);

    expect(await render([TEMPLATE], { jobtype_extra: { python_version: 3.11 } })).toMatchObject({
      images: [{ text: expect.stringContaining('FROM python:3.11-slim\n') }],
    });
  });
});
