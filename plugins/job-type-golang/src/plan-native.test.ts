import { fileURLToPath } from 'node:url';
import type { NativePlan } from '@racetrack-platform/contracts';
import { describe, expect, test } from 'vitest';
import { createPlanNative } from './plan-native.ts';

const go = {
  version: '1.26.1',
  platform: 'linux/amd64',
  root: '/usr/local/go',
  program: '/usr/local/go/bin/go',
};

async function planWith(jobtypeExtra: Record<string, unknown>, found = go): Promise<NativePlan> {
  const planNative = createPlanNative({
    pluginDir: fileURLToPath(new URL('..', import.meta.url)),
    findGo: async () => await Promise.resolve(found),
    swaggerDir: '/swagger',
  });
  const manifest = { name: 'sample', version: '0.0.1', jobtypeExtra, systemDependencies: [] };
  return await planNative(manifest, new AbortController().signal);
}

describe('the plan of a Go job', () => {
  test('needs no fields, compiles with the Go of the host, and runs among the files of the job', async () => {
    const plan = await planWith({});

    expect(plan.environment.inputs).toEqual({
      go: '1.26.1 linux/amd64',
      executable: '/usr/local/go/bin/go',
      wrapper: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
    });
    expect(plan.environment.isShareable).toBe(false);
    expect(plan.hostPaths).toEqual(['/usr/local/go', '/swagger']);
    expect(plan.run).toMatchObject({
      command: [
        '${source}/.racetrack/program/job',
        '--uds=${socket}',
        '--swagger-dir=${environment}/swagger',
      ],
      cwd: '${source}',
      env: { JOB_TYPE_VERSION: '1.6.0' },
    });
    expect(plan.warnings).toEqual([]);
  });

  test('another Go makes another environment', async () => {
    const { inputs } = (await planWith({}, { ...go, version: '1.27.0' })).environment;

    expect(inputs).not.toEqual((await planWith({})).environment.inputs);
  });

  test('fields reach the compiler and the wrapper', async () => {
    const plan = await planWith({ gomod: 'deps/go.mod', cgo: true, max_concurrency: 4, call_timeout: '2.5' });

    expect(plan.requiredFiles).toEqual([{ path: 'deps/go.mod', field: 'jobtype_extra.gomod' }]);
    expect(plan.steps[0]?.command).toEqual(expect.arrayContaining(['--gomod=deps/go.mod', '--cgo']));
    expect(plan.run.command.slice(-2)).toEqual(['--max-concurrency=4', '--call-timeout=2.5']);
  });

  test('fields that do nothing are warnings', async () => {
    expect((await planWith({ entrypoint: 'a.go', go_version: '1.24' })).warnings).toEqual([
      'jobtype_extra.entrypoint is not a field of golang jobs and has no effect',
      'jobtype_extra.go_version has no effect without containers',
    ]);
  });

  test.each([
    [{ gomod: '../go.mod' }, 'jobtype_extra.gomod: must be the relative path'],
    [{ gomod: '${cache}/go.mod' }, 'jobtype_extra.gomod: must be the relative path'],
    [{ gomod: 'go.sum' }, 'jobtype_extra.gomod: must be the relative path'],
    [{ gomod: 7 }, 'jobtype_extra.gomod: must be the relative path'],
    [{ cgo: 'maybe' }, 'jobtype_extra.cgo: must be true or false'],
    [{ go_version: '1.24-alpine\nRUN x' }, 'jobtype_extra.go_version: must be a version'],
    [{ home_page: 'docs', cgo: 3 }, 'home_page'],
  ])('refuses %j', async (extra, message) => {
    await expect(planWith(extra)).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      message: expect.stringContaining(message) as unknown,
    });
  });
});
