import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { createNodeFinder, type NodeProgram } from './interpreter/find-node.ts';
import { createPlanNative } from './plan-native.ts';

const node: NodeProgram = { version: '26.10.0', executable: '/usr/bin/node', isReachable: true };
const signal = new AbortController().signal;

describe('planNative', () => {
  test('a job without packages shares an environment that never expires', async () => {
    const plan = await planWith({ entrypoint_path: 'adder.js' });

    expect(plan.environment).toMatchObject({ files: [], expiresAfterMs: null, isShareable: true });
    expect(plan.environment.steps).toHaveLength(1);
    expect(plan.requiredFiles).toEqual([{ path: 'adder.js', field: 'jobtype_extra.entrypoint_path' }]);
    expect(plan.run.command[0]).toBe('/usr/bin/node');
    expect(plan.run.command.slice(-3)).toEqual(['--', 'adder.js', '']);
    expect(plan.warnings).toEqual([]);
  });

  test('a lock file and its package.json are part of the key, and are never built anew', async () => {
    const plan = await planWith({ entrypoint_path: 'a.ts', dependencies_path: 'lib/package-lock.json' });

    expect(plan.environment).toMatchObject({
      files: ['lib/package.json', 'lib/package-lock.json'],
      expiresAfterMs: null,
      isShareable: false,
    });
    expect(plan.steps.map(({ title }) => title)).toEqual(['Linking packages', 'Reading the source']);
  });

  test('packages without a lock file are built anew after a week, with a warning', async () => {
    const plan = await planWith({ entrypoint_path: 'a.ts', dependencies_path: 'package.json' });

    expect(plan.environment).toMatchObject({ files: ['package.json'], expiresAfterMs: 604_800_000 });
    expect(plan.warnings).toEqual([expect.stringContaining('commit package-lock.json')]);
  });

  test('an interpreter out of reach for jobs is copied into the environment', async () => {
    const plan = await planWith({ entrypoint_path: 'a.js' }, { ...node, isReachable: false });

    expect(plan.environment.steps[0]?.command).toContain('--copy-node');
    expect(plan.run.command[0]).toBe('${environment}/bin/node');
    expect(plan.hostPaths).toContain('/usr/bin/node');
  });

  test('limits, home page and threads become options of the wrapper', async () => {
    const plan = await planWith({
      entrypoint_path: 'a.js',
      entrypoint_class: 'Żółw',
      home_page: '/api/v1/page',
      max_concurrency: '4',
      call_timeout: 1.5,
      workers: 2,
    });

    expect(plan.run.command.slice(4)).toEqual([
      '--home-page=/api/v1/page',
      '--max-concurrency=4',
      '--call-timeout=1.5',
      '--workers=2',
      '--signature=.racetrack-signatures.json',
      '--',
      'a.js',
      'Żółw',
    ]);
  });

  test('fields that nobody knows are warnings', async () => {
    const plan = await planWith({ entrypoint_path: 'a.js', entrypiont_class: 'A' });

    expect(plan.warnings).toEqual([
      'jobtype_extra.entrypiont_class is not a field of node jobs and has no effect',
    ]);
  });

  test.each([
    [{}, 'jobtype_extra.entrypoint_path: is missing'],
    [{ entrypoint_path: 'a.py' }, 'must end in .js'],
    [{ entrypoint_path: '../a.js' }, 'must be a relative path inside'],
    [{ entrypoint_path: '${cache}/a.js' }, 'must be a relative path inside'],
    [{ entrypoint_path: 'a.js', entrypoint_class: '--port=1' }, 'must be the name of an exported class'],
    [
      { entrypoint_path: 'a.js', dependencies_path: 'yarn.lock' },
      'must be a package-lock.json or a package.json',
    ],
    [{ entrypoint_path: 'a.js', node_version: 'latest' }, 'jobtype_extra.node_version: must be a version'],
    [{ entrypoint_path: 'a.js', workers: 0 }, 'jobtype_extra.workers: must be at least 1'],
    [
      { entrypoint_path: 'a.js', max_concurrency: -1 },
      'jobtype_extra.max_concurrency: must be a whole number',
    ],
  ])('refuses %j', async (fields, message) => {
    await expect(planWith(fields)).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      message: expect.stringContaining(message) as unknown,
      hint: expect.any(String) as unknown,
    });
  });
});

describe('the interpreter', () => {
  const find = createNodeFinder({
    own: { version: '26.10.0', executable: '/own/node' },
    searchDirs: ['/old', '/other'],
    isForOthers: false,
    probe: async (program) => await Promise.resolve(program === '/old/node' ? '20.1.0' : '24.3.1'),
  });

  test.each([
    [undefined, '/own/node'],
    ['26', '/own/node'],
    ['24', '/other/node'],
    ['24.3', '/other/node'],
  ])('for node_version %j is %s', async (version, executable) => {
    expect(await find(version, signal)).toMatchObject({ executable });
  });

  test.each(['20', '25', '2'])(
    'of version %s is not there, and the message says what is',
    async (version) => {
      await expect(find(version, signal)).rejects.toThrow(/no Node.js \d+ for jobs; it has 26.10.0, 20.1.0/);
    },
  );
});

async function planWith(jobtypeExtra: Record<string, unknown>, found: NodeProgram = node) {
  const planNative = createPlanNative({
    pluginDir: fileURLToPath(new URL('..', import.meta.url)),
    findNode: async () => await Promise.resolve(found),
    toolDirs: { swagger: '/swagger', npm: '/npm', parser: '/parser' },
  });
  return await planNative({ name: 'sample', version: '0.0.1', jobtypeExtra, systemDependencies: [] }, signal);
}
