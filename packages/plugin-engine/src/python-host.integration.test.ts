import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createTemporaryDirectory } from '@racetrack-platform/testing';
import { describe, expect, test } from 'vitest';

const PYTHON = fileURLToPath(new URL('../python', import.meta.url));
const MANIFEST = { name: 'toy', version: '1.2.3', category: 'job-type' };
const TEMPLATE = { source: 'jobtype', template: true, baseDockerfilePath: null };
const OWN = { source: 'job', dockerfilePath: 'Dockerfile', template: false, baseDockerfilePath: null };

interface Message {
  readonly id?: number | null;
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
  readonly log?: { readonly level: string; readonly message: string };
}

/** A plugin's host: what was bundled lies in a folder of its own. */
async function startHost(
  source: string,
  {
    files = {},
    manifest = MANIFEST,
    config = {},
  }: Partial<Record<'files' | 'manifest' | 'config', object>> = {},
) {
  const directory = await createTemporaryDirectory();
  const dir = join(directory.path, 'plugin');
  const dataDir = join(directory.path, 'data');
  const all = { 'plugin.py': source, 'a.Dockerfile': 'FROM a\n', 'b/base.Dockerfile': 'FROM b\n', ...files };
  for (const [name, text] of Object.entries(all)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), text);
  }
  await mkdir(dataDir);
  await writeFile(join(dataDir, 'config.yaml'), 'greeting: hello\n');
  const child = spawn('python3', ['-m', 'racetrack_plugin_host'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      PATH: process.env['PATH'],
      PYTHONPATH: `${PYTHON}:${join(PYTHON, 'shim')}`,
      PYTHONDONTWRITEBYTECODE: '1',
    },
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const messages: Message[] = [];
  const waiting = new Set<() => void>();
  createInterface(child.stdout).on('line', (line) => {
    messages.push(JSON.parse(line) as Message);
    for (const wake of waiting) wake();
  });
  const send = (message: unknown): void => void child.stdin.write(`${JSON.stringify(message)}\n`);
  send({ plugins: [{ dir, dataDir, settings: {}, manifest }], ...config });
  let lastId = 0;

  async function answer(id: number | null): Promise<Message> {
    for (;;) {
      const found = messages.find((message) => message.id === id);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        waiting.add(resolve);
        void exited.then(() => resolve());
      });
      if (child.exitCode !== null && !messages.some((message) => message.id === id)) return { id };
    }
  }

  return {
    send,
    messages,
    exited,
    answer,
    end: () => child.stdin.end(),
    async call(method: string, params: object = {}): Promise<Message> {
      lastId += 1;
      send({ id: lastId, plugin: null, method, params });
      return await answer(lastId);
    },
    async describe(): Promise<Record<string, unknown>> {
      return ((await this.call('describe')).result as Record<string, unknown>[])[0] ?? {};
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** A plugin that publishes one thing. */
function publishing(expression: string, hook = 'job_types(self)'): string {
  return [
    'from pathlib import Path',
    'class Plugin:',
    `    def ${hook}:`,
    '        version = self.plugin_manifest.version',
    `        return ${expression}`,
    '',
  ].join('\n');
}

describe('job types of Python plugins', () => {
  test.each<[string, string, object[]]>([
    [
      'a dictionary of images',
      publishing(
        "{f'toy:{version}': {'images': [{'source': 'jobtype', 'dockerfile_path': 'a.Dockerfile'}]}}",
      ),
      [{ ...TEMPLATE, dockerfilePath: 'a.Dockerfile' }],
    ],
    [
      "several images, one of them the job's own",
      publishing(
        "{'toy:1.2.3': {'images': [{'dockerfile_path': 'a.Dockerfile', 'template': False}, {'source': 'job', 'dockerfile_path': 'x/Dockerfile', 'template': True}]}}",
      ),
      [
        { ...TEMPLATE, dockerfilePath: 'a.Dockerfile', template: false },
        { ...TEMPLATE, source: 'job', dockerfilePath: 'x/Dockerfile' },
      ],
    ],
    [
      'a path',
      publishing("{'toy:1.2.3': 'a.Dockerfile'}"),
      [{ ...TEMPLATE, dockerfilePath: 'a.Dockerfile' }],
    ],
    [
      'a list of paths',
      publishing("{'toy:1.2.3': ['a.Dockerfile', 'b/base.Dockerfile']}"),
      [
        { ...TEMPLATE, dockerfilePath: 'a.Dockerfile' },
        { ...TEMPLATE, dockerfilePath: 'b/base.Dockerfile' },
      ],
    ],
    [
      'a list with nothing in it for the own Dockerfile',
      publishing("{'toy:1.2.3': ['a.Dockerfile', None]}"),
      [{ ...TEMPLATE, dockerfilePath: 'a.Dockerfile' }, OWN],
    ],
    [
      'a tuple of base and template, as paths',
      publishing("{'toy:1.2.3': (self.plugin_dir / 'b/base.Dockerfile', self.plugin_dir / 'a.Dockerfile')}"),
      [{ ...TEMPLATE, dockerfilePath: 'a.Dockerfile', baseDockerfilePath: 'b/base.Dockerfile' }],
    ],
    [
      'a list of tuples',
      publishing(
        "{'toy:1.2.3': [(self.plugin_dir / 'b/base.Dockerfile', self.plugin_dir / 'a.Dockerfile'), (None, None)]}",
      ),
      [{ ...TEMPLATE, dockerfilePath: 'a.Dockerfile', baseDockerfilePath: 'b/base.Dockerfile' }, OWN],
    ],
    [
      'the hook under its old name',
      publishing(
        "{'toy:1.2.3': (self.plugin_dir / 'b/base.Dockerfile', self.plugin_dir / 'a.Dockerfile')}",
        'fatman_job_types(self)',
      ),
      [{ ...TEMPLATE, dockerfilePath: 'a.Dockerfile', baseDockerfilePath: 'b/base.Dockerfile' }],
    ],
    [
      'the oldest form: called with the prefix of a registry, a key without a version',
      publishing(
        "{'toy': (None, self.plugin_dir / 'a.Dockerfile')} if docker_registry_prefix == '' else {}",
        'fatman_job_types(self, docker_registry_prefix)',
      ),
      [{ ...TEMPLATE, dockerfilePath: 'a.Dockerfile' }],
    ],
  ])('are understood as %s', async (_title, source, images) => {
    await using host = await startHost(source);
    const description = await host.describe();

    expect(description['error']).toBeNull();
    expect(description['jobTypes']).toEqual([{ name: 'toy', version: '1.2.3', isNative: false, images }]);
  });

  test('a bad entry is left out with its reason, and takes no other with it', async () => {
    const source = publishing(
      [
        "{'good:1.0.0': 'a.Dockerfile'",
        "'bad:1.0': 'a.Dockerfile'",
        "'out:1.0.0': '../../etc/passwd'",
        "'gone:1.0.0': 'none.Dockerfile'",
        "'odd:1.0.0': 5",
        "'named:1.0.0': ('registry/base', self.plugin_dir / 'a.Dockerfile')",
        "'empty:1.0.0': []}",
      ].join(', '),
    );
    await using host = await startHost(source);
    const description = await host.describe();

    expect(description['jobTypes']).toMatchObject([{ name: 'good' }]);
    for (const part of [
      'X.Y.Z',
      'leads out of the plugin',
      'is not in the plugin',
      'described by int',
      'no image',
    ])
      expect(description['error']).toContain(part);
  });

  test.each([
    ['raises', 'raise RuntimeError("it is broken")\n', 'RuntimeError: it is broken (plugin.py:1)'],
    ['exits', 'import sys\nsys.exit(3)\n', 'SystemExit: 3'],
    ['has no class of that name', 'class Other: pass\n', 'class name Plugin was not found'],
    ['does not parse', 'class Plugin(:\n', 'SyntaxError'],
    ['hangs', 'import time\ntime.sleep(600)\n', 'was not set up within'],
    ['takes more memory than it may have', 'x = bytearray(1 << 31)\nclass Plugin: pass\n', 'MemoryError'],
  ])('a plugin that %s is described with the reason', async (_title, source, reason) => {
    await using host = await startHost(source, { config: { setupTimeoutMs: 1_500, memoryBytes: 1 << 29 } });

    expect(await host.describe()).toMatchObject({
      id: 'toy',
      error: expect.stringContaining(reason) as string,
    });
  });
});

describe('hooks of Python plugins', () => {
  const SOURCE = `
import logging, os, sys, time
import helper
from racetrack_client.manifest import Manifest
from racetrack_commons.entities.dto import JobDto
print('not for the protocol')
os.write(1, b'neither is this\\n')

class Plugin:
    def __init__(self):
        self.greeting = self.config_path.read_text().split(': ')[1].strip()
    def job_runtime_env_vars(self):
        return {'GREETING': self.greeting, 'NUMBER': 5}
    def validate_job_manifest(self, manifest: Manifest, job_type: str):
        if 'module' not in manifest.get_jobtype_extra():
            raise ValueError(f'{manifest.name} of {job_type} names no module in {manifest.git.remote}')
    def post_job_deploy(self, manifest, job: JobDto, image_name):
        logging.getLogger('toy').warning('deployed %s as %s', job, image_name)
    def markdown_docs(self):
        import late
        return f'# {late.TITLE} {"lifecycle" in sys.modules}'
    def run_action(self, **kwargs):
        if kwargs.get('hang'):
            time.sleep(600)
        if kwargs.get('exit'):
            sys.exit(1)
        return helper.double(kwargs)
`;
  const files = {
    'helper.py': 'def double(kwargs):\n    return {key: value * 2 for key, value in kwargs.items()}\n',
    'late.py': "TITLE = 'late'\n",
  };

  test('are called with objects, and answer data; what is printed stays out of the way', async () => {
    await using host = await startHost(SOURCE, { files });
    const manifest = { name: 'adder', git: { remote: 'https://x' }, jobtype_extra: { module: 'm' } };
    const job = { name: 'adder', version: '1.0.0', manifest };
    const hook = async (name: string, params: object = {}): Promise<Message> =>
      await host.call('hook', { hook: name, ...params });

    expect((await host.describe())['hooks']).toEqual([
      'job_runtime_env_vars',
      'validate_job_manifest',
      'post_job_deploy',
      'markdown_docs',
      'run_action',
    ]);
    expect(await hook('job_runtime_env_vars')).toMatchObject({ result: { GREETING: 'hello', NUMBER: '5' } });
    expect(await hook('validate_job_manifest', { manifest, jobType: 'toy:1.2.3' })).toMatchObject({
      result: null,
    });
    expect(
      await hook('validate_job_manifest', {
        manifest: { ...manifest, jobtype_extra: null },
        jobType: 'toy:1.2.3',
      }),
    ).toMatchObject({
      error: {
        code: 'PLUGIN_FAILED',
        message: 'ValueError: adder of toy:1.2.3 names no module in https://x',
      },
    });
    expect(
      await hook('post_job_deploy', { manifest, job, imageName: 'image', deployerUsername: 'alice' }),
    ).toMatchObject({ result: null });
    expect(host.messages).toContainEqual({
      log: {
        plugin: 'toy',
        level: 'warn',
        message: 'deployed adder v1.0.0 as image',
        fields: { logger: 'toy' },
      },
    });
    expect(await hook('markdown_docs')).toMatchObject({ result: '# late True' });
    expect(await hook('run_action', { arguments: { a: 2, b: 'x' } })).toMatchObject({
      result: { a: 4, b: 'xx' },
    });
    expect(await hook('post_job_delete', { job })).toMatchObject({ error: { code: 'NOT_SUPPORTED' } });
  });

  test('that hang hold up no other, and end with the host when they were cancelled', async () => {
    await using host = await startHost(SOURCE, { files });
    await host.describe();
    host.send({
      id: 100,
      plugin: null,
      method: 'hook',
      params: { hook: 'run_action', arguments: { hang: true } },
    });

    expect(await host.call('hook', { hook: 'run_action', arguments: { a: 1 } })).toMatchObject({
      result: { a: 2 },
    });
    host.send({ cancel: 100 });

    expect((await host.exited)[0]).toBe(70);
  });

  test('that exit, or answer what is no data, fail alone', async () => {
    await using host = await startHost(SOURCE, { files });
    const action = async (args: object): Promise<Message> =>
      await host.call('hook', { hook: 'run_action', arguments: args });
    await using odd = await startHost('class Plugin:\n    def run_action(self):\n        return {1, 2}\n');

    expect(await action({ exit: true })).toMatchObject({ error: { code: 'PLUGIN_FAILED' } });
    expect(await action({ a: 1 })).toMatchObject({ result: { a: 2 } });
    expect(await odd.call('hook', { hook: 'run_action', arguments: {} })).toMatchObject({
      error: { message: expect.stringContaining('what JSON cannot say') as string },
    });
  });

  test('lines that are no requests are answered with an error; the end of input is the end', async () => {
    await using host = await startHost(SOURCE, { files });
    host.send('nonsense');
    host.send({ id: 'x' });

    expect(await host.call('hook', { hook: 'os.system' })).toMatchObject({
      error: { code: 'NOT_SUPPORTED' },
    });
    expect(host.messages.filter((message) => message.id === null)).toHaveLength(2);
    host.end();
    expect((await host.exited)[0]).toBe(0);
  });
});
