import type { PluginHooks } from '@racetrack-platform/plugin-sdk';
import { describe, expect, test, vi } from 'vitest';
import { callHook, listHooks } from './call-hook.ts';

const MANIFEST = { name: 'adder', version: '1.0.0' };
const JOB = { ...MANIFEST, status: 'running' };

describe('hooks of a plugin in TypeScript', () => {
  const hooks = {
    jobRuntimeEnvVars: vi.fn(() => ({ A: '1' })),
    validateJobManifest: vi.fn(),
    postJobDeploy: vi.fn(),
    postJobDelete: vi.fn(),
    markdownDocs: vi.fn(() => '# Title'),
    runAction: vi.fn((parameters) => parameters),
  } satisfies PluginHooks;

  test('are listed by the names of the protocol', () => {
    expect(listHooks({ markdownDocs: () => null, runAction: () => 1 })).toEqual([
      'markdown_docs',
      'run_action',
    ]);
  });

  test.each<[string, object, keyof typeof hooks, unknown[], unknown]>([
    ['job_runtime_env_vars', {}, 'jobRuntimeEnvVars', [], { A: '1' }],
    [
      'validate_job_manifest',
      { manifest: MANIFEST, jobType: 'go:1.0.0' },
      'validateJobManifest',
      [{ manifest: MANIFEST, jobType: 'go:1.0.0' }],
      null,
    ],
    [
      'post_job_deploy',
      { manifest: MANIFEST, job: JOB, imageName: '', deployerUsername: 'alice' },
      'postJobDeploy',
      [{ manifest: MANIFEST, job: JOB, imageName: '', deployerUsername: 'alice' }],
      null,
    ],
    [
      'post_job_delete',
      { job: JOB, usernameExecutor: null },
      'postJobDelete',
      [{ job: JOB, usernameExecutor: null }],
      null,
    ],
    ['markdown_docs', {}, 'markdownDocs', [], '# Title'],
    ['run_action', { arguments: { x: 1 } }, 'runAction', [{ x: 1 }], { x: 1 }],
  ])('%s gets what the platform sends', async (hook, params, method, expected, answer) => {
    expect(await callHook(hooks, { hook, ...params })).toEqual(answer);
    expect(hooks[method]).toHaveBeenCalledWith(...expected);
  });

  test.each([
    ['one that the plugin has not', { hook: 'markdown_docs' }, 'NOT_SUPPORTED'],
    ['one that nobody has', { hook: 'constructor' }, 'NOT_SUPPORTED'],
    ['none', null, 'NOT_SUPPORTED'],
    ['parameters of another shape', { hook: 'run_action', arguments: 5 }, 'REQUEST_INVALID'],
  ])('%s is refused', async (_title, params, code) => {
    await expect(callHook({ runAction: () => 1 }, params)).rejects.toMatchObject({ code });
  });
});
