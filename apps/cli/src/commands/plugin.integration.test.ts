import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { get, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { nativePlanSchema, type NativePlan } from '@racetrack-platform/contracts';
import { waitUntil } from '@racetrack-platform/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createCliFixture, type CliFixture } from '../testing/cli-fixture.ts';

const run = promisify(execFile);
const NODE_MODULES = fileURLToPath(new URL('../../../../node_modules/', import.meta.url));
let cli: CliFixture;
/** Only these: the way to the interpreters. */
const env = { PATH: process.env['PATH'] ?? '' };

beforeEach(async () => {
  cli = await createCliFixture();
});

afterEach(async () => await cli[Symbol.asyncDispose]());

describe('plugin init', () => {
  test.each([
    ['ruby-job-type', []],
    ['pool-infrastructure', ['--type', 'target']],
    ['perl-job-type', ['--language', 'python']],
    ['notifier', ['--type', 'core']],
    ['watcher', ['--type', 'core', '--language', 'python']],
  ])('%s %j can be bundled as it is, and what comes out is valid', async (name, options) => {
    expect(await cli.run(['plugin', 'init', name, ...options], { env })).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: expect.stringContaining(`plugin ${name} has been written to: `),
    });

    const bundled = await cli.run(['plugin', 'bundle', name, '--out', '.', '--output', 'json'], { env });
    const checked = await cli.run(['plugin', 'validate', `${name}-0.1.0.zip`], { env });

    expect(bundled).toMatchObject({ exitCode: 0, stderr: '' });
    const { path, sha256 }: Record<string, unknown> = JSON.parse(bundled.stdout);
    expect(path).toBe(join(cli.cwd, `${name}-0.1.0.zip`));
    expect(checked).toMatchObject({
      exitCode: 0,
      stderr: '',
      stdout: expect.stringMatching(`^${name} 0.1.0: plugin.*\nsha256 ${String(sha256)}\n$`),
    });
  });

  test('in TypeScript fits the types of the SDK', async () => {
    await cli.run(['plugin', 'init', 'ruby-job-type']);
    await cli.run(['plugin', 'init', 'pool-target', '--type', 'target']);
    await cli.run(['plugin', 'init', 'notifier', '--type', 'core']);
    await symlink(NODE_MODULES, join(cli.cwd, 'node_modules'));
    await cli.write(
      'tsconfig.json',
      '{"extends": "./ruby-job-type/tsconfig.json", "include": ["*/plugin.ts"]}',
    );

    const tsc = join(NODE_MODULES, 'typescript', 'bin', 'tsc');

    await expect(run(process.execPath, [tsc, '-p', cli.cwd])).resolves.toMatchObject({ stdout: '' });
  });

  test('writes a job type whose sample job answers a call', async () => {
    await cli.run(['plugin', 'init', 'ruby-job-type']);
    const plugin = join(cli.cwd, 'ruby-job-type');
    const plan = await planSample(plugin);
    const scratch = await mkdtemp(join(tmpdir(), 'racetrack-job-'));
    const values: Record<string, string> = {
      plugin,
      source: join(plugin, 'sample-job'),
      socket: join(scratch, 's'),
    };
    const [command = '', ...args] = plan.run.command.map((part) =>
      part.replace(/\$\{(\w+)\}/g, (_match, name: string) => values[name] ?? ''),
    );
    const job = spawn(command, args, { stdio: 'inherit', env: { JOB_DEPLOYMENT_TIMESTAMP: '1234' } });
    try {
      const at = { socketPath: join(scratch, 's') };
      await waitUntil(
        'the job',
        async () => (await answerOf(get({ ...at, path: '/ready' })))?.status === 200,
      );
      const live = await answerOf(get({ ...at, path: '/pub/job/ruby-adder/latest/live' }));
      const call = request({ ...at, path: '/pub/job/ruby-adder/0.0.1/api/v1/perform', method: 'POST' });
      call.end('{"numbers": [40, 2]}');

      expect(await answerOf(call)).toEqual({ status: 200, body: '42' });
      expect(live?.body).toContain('"deployment_timestamp":1234');
    } finally {
      await end(job);
      await rm(scratch, { recursive: true, force: true });
    }
  });

  test.each([
    [['../evil'], 2, 'error: "../evil" is a path, not the name of a plugin\n'],
    [
      ['x', '--type', 'hooks'],
      2,
      "error: option '--type <type>' argument 'hooks' is invalid. Allowed choices",
    ],
    [['Ruby Job'], 2, 'error: "Ruby Job" is not a name for a plugin\n'],
    [
      ['x', '--type', 'target', '--language', 'python'],
      70,
      'error: infrastructure targets are not written in Python here\n',
    ],
  ])('refuses %j', async (args, exitCode, message) => {
    expect(await cli.run(['plugin', 'init', ...args])).toMatchObject({
      exitCode,
      stderr: expect.stringContaining(message),
    });
  });

  test('touches no directory that holds something', async () => {
    await cli.write('mine/precious.txt', 'x');

    const refused = await cli.run(['plugin', 'init', 'mine']);

    expect(refused).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('exists already and is no empty directory'),
    });
    expect(await readFile(join(cli.cwd, 'mine/precious.txt'), 'utf8')).toBe('x');
  });
});

describe('plugin bundle', () => {
  test('says what the original says', async () => {
    await cli.write('plugin-manifest.yaml', 'name: go\nversion: 1.0.0\n');
    await cli.write('plugin.py', 'class Plugin: ...\n');
    await cli.write('.racetrackignore', 'x\n');

    const bundled = await cli.run(['plugin', 'bundle'], {
      isTerminal: true,
      env: { SOURCE_DATE_EPOCH: '0' },
    });

    expect(bundled).toEqual({
      exitCode: 0,
      stdout: '',
      stderr:
        `ignoring file patterns found in ${join(cli.cwd, '.racetrackignore')}\n` +
        `plugin go has been exported to: ${join(cli.cwd, 'go-1.0.0.zip')}\n`,
      prompts: [],
    });
    expect(await readFile(join(cli.cwd, 'go-1.0.0.zip'), 'latin1')).toContain(
      "build_date: '1970-01-01T000000Z'\n",
    );
  });

  test('refuses a directory that is no plugin', async () => {
    const refused = await cli.run(['plugin', 'bundle', '.']);

    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain(
      `error: ${join(cli.cwd, 'plugin-manifest.yaml')} file was not found in a plugin directory\n`,
    );
    expect(refused.stderr).toContain(
      `${join(cli.cwd, 'plugin.py')} file was not found in a plugin directory`,
    );
  });
});

describe('plugin validate', () => {
  const MANIFEST = 'name: p\nversion: 1.0.0\n';

  test.each([
    [
      'plugin.ts',
      'const a = 1;\n\nenum Colour { Red }\nexport default a;\n',
      ':3: TypeScript enum is not supported in strip-only mode: TypeScript runs as it is',
    ],
    ['plugin.ts', 'type A = 1;\nexport default {\n  a: (1 2),\n};\n', ':3: not valid syntax: '],
    ['plugin.js', 'export default {\n', ':2: not valid syntax: Unexpected end of input'],
    ['plugin.py', 'class Plugin:\n    def a(self) return\n', ':2: not valid syntax: '],
  ])('finds the faulty line of %s: %j', async (entry, source, problem) => {
    await cli.write('plugin-manifest.yaml', MANIFEST);
    await cli.write(entry, source);

    const refused = await cli.run(['plugin', 'validate'], { env });

    expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
    expect(refused.stderr).toContain(`${join(cli.cwd, entry)}${problem}`);
  });

  test('names all problems at once and runs nothing', async () => {
    await cli.write('plugin-manifest.yaml', 'name: p\nversion: 1.0\n');
    await cli.write('plugin.py', 'open("ran", "w")\nimport os; os._exit(7)\nclass X(:\n');
    await cli.write('a\nb', '');

    const { stderr } = await cli.run(['plugin', 'validate', '.'], { env });

    expect(stderr).toContain(
      'plugin-manifest.yaml:2: version: 1.0 (a number) is not a version of the format',
    );
    expect(stderr).toContain(String.raw`"a\nb" has a control character in its name`);
    expect(stderr).toContain('plugin.py:3: not valid syntax');
    expect(stderr).toMatch(/hint: .*docs\/reference\/plugin-package.md/);
    await expect(readFile(join(cli.cwd, 'ran'))).rejects.toThrow('ENOENT');
  });

  test('doubts what may be right', async () => {
    await cli.write('plugin-manifest.yaml', `${MANIFEST}racetrack: '>=3'\ncategory: toys\n`);
    await cli.write('plugin.py', 'def make(): ...\n');

    const { exitCode, stderr } = await cli.run(['plugin', 'validate'], { env });

    expect(exitCode).toBe(0);
    expect(stderr).toContain('warning: ');
    expect(stderr).toContain('plugin.py: class name Plugin was not found');
    expect(stderr).toContain('category: "toys" is none of');
    expect(stderr).toContain('works with Racetrack >=3');
  });

  test('finds imports that are missing, and an identity that differs', async () => {
    await cli.write('plugin-manifest.yaml', MANIFEST);
    await cli.write('node_modules/yaml/index.js', '');
    await cli.write(
      'plugin.ts',
      [
        "import fs from 'fs';",
        "import { type A } from 'zod';",
        "import type { B } from 'only-types';",
        "import yaml from 'yaml';",
        "import '@racetrack-platform/plugin-sdk';",
        "const text = `import x from 'no-import'`;",
        "export default { id: 'p', setup: () => ({ version: '7.0.0' }),",
        "  version: '2.0.0' };",
      ].join('\n'),
    );

    const { exitCode, stderr } = await cli.run(['plugin', 'validate'], { env });

    const shown = join(cli.cwd, 'plugin.ts');
    expect(exitCode).toBe(2);
    expect(stderr.match(/plugin\.ts:\d+/g)).toEqual(['plugin.ts:2', 'plugin.ts:8']);
    expect(stderr).toContain(`${shown}:2: imports "zod", which the plugin does not hold`);
    expect(stderr).toContain(`${shown}:8: says version "2.0.0", but plugin-manifest.yaml says "1.0.0"`);
    await cli.write('.racetrackignore', '/node_modules/\n!/node_modules/yaml/\n');
    expect((await cli.run(['plugin', 'validate'], { env })).stderr).not.toContain('imports "yaml"');
    await cli.write('.racetrackignore', '/node_modules/\n');
    expect((await cli.run(['plugin', 'validate'], { env })).stderr).toContain(':4: imports "yaml"');
  });

  test('doubts hooks that nobody will call', async () => {
    await cli.write('plugin-manifest.yaml', MANIFEST);
    const methods = ['post_job_deployed', 'validate_job_manifest', 'markdown_docs', '_run_actions'];
    const source = methods.map((name) => `    def ${name}(self, *args): ...\n`).join('');
    await cli.write('plugin.py', `class Plugin:\n${source}`);

    const { exitCode, stderr } = await cli.run(['plugin', 'validate'], { env });

    expect(exitCode).toBe(0);
    expect(stderr.match(/plugin\.py:\d+: .*/g)).toEqual([
      'plugin.py:2: post_job_deployed is no hook, so the platform does not call it; did you mean post_job_deploy?',
      'plugin.py:3: validate_job_manifest is only asked for job types of this plugin, and it brings none',
    ]);
  });

  test('takes no other file for a ZIP', async () => {
    await cli.write('p.zip', 'no zip');

    expect(await cli.run(['plugin', 'validate', 'p.zip'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('error: p.zip: File is not a zip file'),
    });
    expect(await cli.run(['plugin', 'validate', 'nowhere'])).toMatchObject({ exitCode: 3 });
  });
});

/** Loads the plugin as the host does, and asks it about the sample job. */
async function planSample(directory: string): Promise<NativePlan> {
  const module: { default: { setup(context: object): void } } = await import(
    pathToFileURL(join(directory, 'plugin.ts')).href
  );
  const jobTypes: { planNative(job: object): Promise<unknown> }[] = [];
  module.default.setup({ addJobType: (jobType: never) => jobTypes.push(jobType), log: () => undefined });
  const manifest = { name: 'ruby-adder', version: '0.0.1', jobtypeExtra: {}, systemDependencies: [] };
  return nativePlanSchema.parse(await jobTypes[0]?.planNative(manifest));
}

/** `undefined` while nobody listens. */
async function answerOf(
  call: ClientRequest,
): Promise<{ status: number | undefined; body: string } | undefined> {
  const response = await new Promise<IncomingMessage | undefined>((resolve) => {
    call.on('response', resolve);
    call.on('error', () => resolve(undefined));
  });
  return response === undefined ? undefined : { status: response.statusCode, body: await text(response) };
}

async function end(job: ChildProcess): Promise<void> {
  if (job.exitCode !== null || job.signalCode !== null) return;
  const exited = once(job, 'exit');
  job.kill('SIGTERM');
  await exited;
}
