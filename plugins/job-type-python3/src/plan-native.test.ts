import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Python } from './interpreter/find-python.ts';
import { createPlanNative } from './plan-native.ts';

const python: Python = {
  major: 3,
  minor: 11,
  version: '3.11.7',
  implementation: 'cpython',
  platform: 'linux-x86_64',
  libc: 'glibc 2.36',
  executable: '/usr/bin/python3.11',
  pipVersion: '23.2.1',
  hasVenv: true,
  hasEnsurepip: true,
  pip: 'host',
};

const signal = new AbortController().signal;

describe('planNative', () => {
  test('a job without requirements needs only the environment and its wrapper, which never expires', async () => {
    const plan = await planWith({ entrypoint_path: 'adder.py' });

    expect(plan.environment).toMatchObject({ files: [], expiresAfterMs: null });
    expect(plan.environment.steps).toHaveLength(2);
    expect(plan.requiredFiles).toEqual([{ path: 'adder.py', field: 'jobtype_extra.entrypoint_path' }]);
    expect(plan.run.command.slice(-3)).toEqual(['--', 'adder.py', '']);
    expect(plan.run.cwd).toBe('${source}');
    expect(plan.warnings).toEqual([]);
  });

  test('requirements are part of the key, are installed last and expire after a week', async () => {
    const plan = await planWith({ entrypoint_path: 'a.py', requirements_path: 'lib/requirements.txt' });

    expect(plan.environment).toMatchObject({ files: ['lib/requirements.txt'], expiresAfterMs: 604_800_000 });
    expect(plan.requiredFiles[1]).toEqual({
      path: 'lib/requirements.txt',
      field: 'jobtype_extra.requirements_path',
    });
    const last = plan.environment.steps.at(-1);
    expect(last?.command).toEqual(expect.arrayContaining(['--requirements=lib/requirements.txt', '--check']));
  });

  test.each([
    ['six==1.0', false],
    ['# -r other.txt', false],
    ['-r other.txt', true],
    ['-rother.txt', true],
    ['--constraint=limits.txt', true],
    ['--pre --requirem=other.txt', true],
    ['--require-hashes', false],
    ['--index-url https://example.com/simple', false],
    ['-e ./lib', true],
    ['./wheels/own.whl', true],
    ['own @ file:///src/own', true],
    ['requests[socks]>=2 ; python_version > "3.9"', false],
  ])('the line %j of a requirements file speaks of further files: %j', async (line, expected) => {
    const plan = await planWith({ entrypoint_path: 'a.py', requirements_path: 'requirements.txt' });

    expect(new RegExp(plan.environment.referencePattern ?? '$.', 'mu').test(`six\n${line}\n`)).toBe(expected);
  });

  test('check_requirements: false leaves out the check', async () => {
    for (const value of [false, 'false', 'False']) {
      const plan = await planWith({
        entrypoint_path: 'a.py',
        requirements_path: 'r.txt',
        check_requirements: value,
      });
      expect(plan.environment.steps.at(-1)?.command).not.toContain('--check');
    }
  });

  test('the interpreter and the wrapper decide about the environment', async () => {
    const { inputs } = (await planWith({ entrypoint_path: 'a.py' })).environment;

    expect(inputs).toEqual({
      python: 'cpython 3.11.7',
      executable: '/usr/bin/python3.11',
      platform: 'linux-x86_64 glibc 2.36',
      pip: 'host 23.2.1',
      wrapper: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
    });
  });

  test('limits and home page become options of the wrapper', async () => {
    const plan = await planWith({
      entrypoint_path: 'a.py',
      entrypoint_class: 'Żółw',
      home_page: '/api/v1/webview',
      max_concurrency: '4',
      max_concurrency_queue: 0,
    });

    expect(plan.run.command.slice(7)).toEqual([
      '--home-page=/api/v1/webview',
      '--max-concurrency=4',
      '--max-concurrency-queue=0',
      '--',
      'a.py',
      'Żółw',
    ]);
  });

  test('a host whose pip is too old gets a pip inside the environment', async () => {
    const plan = await planWith({ entrypoint_path: 'a.py' }, { ...python, pip: 'own' });
    const [create, wrapper] = plan.environment.steps;

    expect(create?.command).not.toContain('--without-pip');
    expect(wrapper?.command).toEqual(expect.arrayContaining(['--pip-python', '${environment}/bin/python']));
  });

  test('a model alone needs no entrypoint, and must be in the source', async () => {
    const plan = await planWith({ model_path: 'models/iris.pkl', memray_profiler: true }, python);

    expect(plan.requiredFiles).toEqual([{ path: 'models/iris.pkl', field: 'jobtype_extra.model_path' }]);
    expect(plan.run.command.slice(-4)).toEqual(['--model-path=models/iris.pkl', '--', '', '']);
    expect(plan.run.env).toMatchObject({ MEMRAY_PROFILER: 'true' });
    expect(plan.steps[0]?.command.at(-1)).toBe('${plugin}/runtime/build/check_source.py');
  });

  test('unknown fields and container fields are warnings', async () => {
    const plan = await planWith(
      { entrypoint_path: 'a.py', entrypiont_class: 'A', debian_version: 'slim', max_concurrency_queue: 1 },
      python,
    );

    expect(plan.warnings).toEqual([
      'jobtype_extra.entrypiont_class is not a field of python3 jobs and has no effect',
      'jobtype_extra.debian_version has no effect without containers',
      'jobtype_extra.max_concurrency_queue has no effect without max_concurrency',
    ]);
  });

  test.each([
    [{}, 'jobtype_extra.entrypoint_path: is missing'],
    [{ entrypoint_path: 7 }, 'jobtype_extra.entrypoint_path: expected a path'],
    [{ entrypoint_path: '' }, 'jobtype_extra.entrypoint_path: must be a relative path inside the source'],
    [{ entrypoint_path: '../a.py' }, 'must be a relative path inside'],
    [{ entrypoint_path: 'a/../../b.py' }, 'must be a relative path inside'],
    [{ entrypoint_path: '/etc/passwd' }, 'must be a relative path inside'],
    [{ entrypoint_path: '${cache}/a.py' }, 'must be a relative path inside'],
    [{ entrypoint_path: 'a\0.py' }, 'must be a relative path inside'],
    [{ entrypoint_class: 'a.B' }, 'jobtype_extra.entrypoint_class: must be the name of a Python class'],
    [{ entrypoint_class: '--port=1' }, 'must be the name of a Python class'],
    [{ model_path: 'model.bin' }, 'jobtype_extra.model_path: must end with .pkl, .pickle or .joblib'],
    [{ model_path: '../model.pkl' }, 'jobtype_extra.model_path: must be a relative path'],
    [{ debian_version: 'bookworm AS x' }, 'jobtype_extra.debian_version: must be the end of a tag'],
    [{ memray_profiler: 'maybe' }, 'jobtype_extra.memray_profiler: must be true or false'],
    [{ requirements_path: '..' }, 'jobtype_extra.requirements_path: must be a relative path'],
    [{ check_requirements: 'maybe' }, 'jobtype_extra.check_requirements: must be true or false'],
    [{ python_version: 'latest' }, 'jobtype_extra.python_version: must be a version'],
    [{ home_page: 'docs' }, 'jobtype_extra.home_page: must be a path of the job'],
    [{ home_page: '/' }, 'must be a path of the job'],
    [{ home_page: '//evil.example' }, 'must be a path of the job'],
    [{ max_concurrency: -1 }, 'jobtype_extra.max_concurrency: must be a whole number'],
    [{ max_concurrency: '4 threads' }, 'must be a whole number'],
    [{ max_concurrency_queue: 1.5 }, 'jobtype_extra.max_concurrency_queue: must be a whole number'],
  ])('refuses %j', async (fields, message) => {
    const isAboutEntrypoint = 'entrypoint_path' in fields || Object.keys(fields).length === 0;
    const extra = isAboutEntrypoint ? fields : { entrypoint_path: 'a.py', ...fields };

    await expect(planWith(extra)).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      message: expect.stringContaining(message) as unknown,
      hint: expect.any(String) as unknown,
    });
  });

  test('tells every problem at once', async () => {
    await expect(planWith({ python_version: 'x', max_concurrency: 'y' })).rejects.toThrow(
      /entrypoint_path: is missing.*python_version.*max_concurrency/,
    );
  });

  test.each([
    [3.11, '3.11'],
    ['3.11', '3.11'],
    ['3.11.7', '3.11'],
    [3.1, '3.10'],
    ['3.10', '3.10'],
    [3, '3'],
    ['', undefined],
    [null, undefined],
    [undefined, undefined],
  ])('takes python_version %j for %j', async (value, expected) => {
    let asked: string | undefined = 'nothing';
    const planNative = createPlanNative({
      ...deps,
      findPython: async (version) => {
        asked = version;
        return await Promise.resolve(python);
      },
    });

    await planNative(toManifest({ entrypoint_path: 'a.py', python_version: value }), signal);

    expect(asked).toBe(expected);
  });
});

const deps = {
  pluginDir: fileURLToPath(new URL('..', import.meta.url)),
  swaggerDir: '/swagger',
};

function toManifest(jobtypeExtra: Record<string, unknown>) {
  return { name: 'sample', version: '0.0.1', jobtypeExtra, systemDependencies: [] };
}

async function planWith(extra: Record<string, unknown>, found: Python = python) {
  const planNative = createPlanNative({ ...deps, findPython: async () => await Promise.resolve(found) });
  return await planNative(toManifest(extra), signal);
}
