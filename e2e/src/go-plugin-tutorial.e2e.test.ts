import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkGoWrapper, findColdCache, findNoGo } from './support/go-wrapper.ts';
import { Platform } from './support/platform.ts';

/** What docs/guides/write-a-job-type-plugin.md speaks of. */
const SAMPLE = fileURLToPath(new URL('../../sample/plugins', import.meta.url));
const ARCHIVE = 'golang-job-type-0.0.0.zip';

const unbuildable = findNoGo() ?? findColdCache(join(SAMPLE, 'golang-job-type/go_wrapper'));

let platform: Platform;
let token = '';
let plugin = '';

beforeAll(async () => {
  platform = await Platform.start(['--no-default-plugins']);
  token = await platform.login();
  await cp(SAMPLE, platform.directory, { recursive: true });
  plugin = join(platform.directory, 'golang-job-type');
});

afterAll(async () => await platform[Symbol.asyncDispose]());

async function listJobTypes(): Promise<unknown> {
  const { lifecycle } = platform.endpoints;
  return await (await fetch(`${lifecycle}/lifecycle/api/v1/plugin/job_type/versions`)).json();
}

test.skipIf(unbuildable !== undefined)(
  `3. the wrapper answers by itself${unbuildable === undefined ? '' : ` (${unbuildable})`}`,
  async () => {
    await expect(checkGoWrapper(join(plugin, 'go_wrapper'), platform.directory)).resolves.toBeUndefined();
  },
);

test('5. a template with an unclosed tag is refused with file and line, before and at the server', async () => {
  const broken = join(platform.directory, 'broken');
  await cp(plugin, broken, { recursive: true });
  const template = join(broken, 'job-template.Dockerfile');
  const text = await readFile(template, 'utf8');
  // The one after the modules.
  const at = text.indexOf('{%- endif %}', text.indexOf('go mod download'));
  await writeFile(template, `${text.slice(0, at)}{%- endif %${text.slice(at + '{%- endif %}'.length)}`);
  const where = `job-template.Dockerfile:${text.slice(0, at).split('\n').length}:`;

  const validated = await platform.cli(['plugin', 'validate', broken]);
  expect(validated.code).toBe(2);
  expect(validated.stderr).toContain(where);

  await platform.cli(['plugin', 'bundle', broken]);
  const installed = await platform.cli(['plugin', 'install', join(broken, ARCHIVE)]);
  expect(installed.code).toBe(2);
  expect(installed.stderr).toContain(where);
  expect(await listJobTypes()).toEqual([]);
});

test('8. the plugin is bundled without what it ignores, and installed from the command line', async () => {
  expect(await platform.cli(['plugin', 'validate'], { cwd: plugin })).toMatchObject({ code: 0 });
  const bundled = await platform.cli(['plugin', 'bundle'], { cwd: plugin });
  expect(bundled.stderr).toContain(`plugin golang-job-type has been exported to: ${join(plugin, ARCHIVE)}`);

  const installed = await platform.cli(['plugin', 'install', ARCHIVE], { cwd: plugin });

  expect(installed).toMatchObject({ code: 0 });
  expect((await platform.cli(['plugin', 'list'])).stdout).toBe('golang-job-type==0.0.0\n');
  expect((await platform.cli(['plugin', 'list', '--job-types'])).stdout).toBe('golang:0.0.0\n');
});

test('it is installed from the form of the dashboard as well', async () => {
  const removed = await platform.cli([
    'plugin',
    'uninstall',
    'golang-job-type',
    '--version',
    '0.0.0',
    '--yes',
  ]);
  expect(removed).toMatchObject({ code: 0 });
  expect(await listJobTypes()).toEqual([]);
  const form = new FormData();
  form.append('file', new Blob([await readFile(join(plugin, ARCHIVE))]), ARCHIVE);

  const uploaded = await fetch(`${platform.endpoints.lifecycle}/lifecycle/api/v1/plugin/upload`, {
    method: 'POST',
    headers: { 'x-racetrack-auth': token },
    body: form,
  });

  expect([uploaded.status, await uploaded.json()]).toEqual([200, null]);
  expect(await listJobTypes()).toEqual(['golang:0.0.0']);
});

test('a Go job gets its Dockerfile; only somewhere to run it is missing', async () => {
  const job = join(platform.directory, 'golang-function');

  const rendered = await platform.cli(['dockerfile', '--image', '0'], { cwd: job });

  expect(rendered).toMatchObject({ code: 0, stderr: '' });
  expect(rendered.stdout).toBe(
    [
      'FROM racetrack/job-base/golang:0.0.0',
      '',
      '# First the modules, which change less often than the code.',
      'COPY ["go.mod", "/src/modules/go.mod"]',
      'RUN cd /src/modules && go mod download',
      '',
      '# The job takes the place of the stub.',
      'COPY . /src/go_wrapper/handler/',
      'RUN go get ./... && go build -o go_wrapper .',
      '',
      'ENV JOB_NAME="golang-function"',
      'ENV JOB_VERSION="0.0.1"',
      'ENV GIT_VERSION="unknown"',
      'ENV DEPLOYED_BY_RACETRACK_VERSION="2.36.0"',
      '',
    ].join('\n'),
  );
  const both = await platform.cli(['dockerfile', job, '--output', 'json']);
  expect(JSON.parse(both.stdout)).toMatchObject({
    job_type: 'golang:0.0.0',
    images: [{ base: { name: 'racetrack/job-base/golang:0.0.0', dockerfile_path: 'base.Dockerfile' } }],
  });
  const deployed = await platform.cli(['deploy', job]);
  expect(deployed.code).not.toBe(0);
  expect(deployed.stderr).toContain('No infrastructure targets available');
});

test('what a job asks for is put into its Dockerfile, each value in its place', async () => {
  const job = join(platform.directory, 'golang-function');
  const manifest = await readFile(join(job, 'job.yaml'), 'utf8');
  await writeFile(
    join(job, 'job.yaml'),
    `${manifest}build_env:\n  GREETING: say "hi" for $5\nsystem_dependencies: [git, libc-dev]\n`,
  );

  const { stdout } = await platform.cli(['dockerfile', job, '--image', '0']);

  expect(stdout.split('\n').slice(0, 4)).toEqual([
    'FROM racetrack/job-base/golang:0.0.0',
    'ENV GREETING="say \\"hi\\" for $5"',
    '',
    'RUN apk add --no-cache git libc-dev',
  ]);
});
