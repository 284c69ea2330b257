import { readdirSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { request } from 'node:http';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createJob, plan, PLUGIN_DIR, run, type BuiltJob } from './wrapper-harness.ts';

const RUNTIME_DIR = join(PLUGIN_DIR, 'runtime');
const MODULES = readdirSync(join(RUNTIME_DIR, 'tests')).filter((name) => name.startsWith('test_'));
const ADDER = 'class Adder:\n    def perform(self, numbers):\n        return sum(numbers)\n';
const FIELDS = { entrypoint_path: 'adder.py', requirements_path: 'requirements.txt' };

describe('a job built by its plan', () => {
  let job: BuiltJob;
  let log = '';

  beforeAll(async () => {
    // Other versions than the wrapper's own: test_isolation.py looks for them.
    job = await createJob({ 'adder.py': ADDER, 'requirements.txt': 'h11==0.14.0\nclick==8.1.7\n' });
    const { environment, steps } = await plan(FIELDS);
    const outcome = await job.runSteps([...environment.steps, ...steps]);
    log = outcome.output;
    expect(outcome).toMatchObject({ exitCode: 0 });
  });

  afterAll(async () => await job[Symbol.asyncDispose]());

  test('answers calls on its socket with the command of the plan, and ends with 0', async () => {
    const { run: spec } = await plan(FIELDS);
    const [command = '', ...args] = spec.command.map(job.substitute);
    const child = spawn(command, args, {
      cwd: job.substitute(spec.cwd ?? ''),
      env: { ...process.env, ...spec.env },
    });
    try {
      await expect
        .poll(async () => await call(job, 'GET', '/ready'), { timeout: 15_000 })
        .toBe('{"ready":true}');

      expect(await call(job, 'POST', '/api/v1/perform', '{"numbers":[40,2]}')).toBe('42');
    } finally {
      child.kill('SIGTERM');
    }
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('has bytecode for its source before it starts', () => {
    expect(log).not.toContain('Error');
    expect(readdirSync(join(job.sourceDir, '__pycache__'))).toHaveLength(1);
  });

  test.concurrent.each(MODULES)('passes %s', async (name) => {
    const python = join(job.environmentDir, 'bin', 'python');
    const args = ['-B', '-m', 'unittest', `tests.${name.replace(/\.py$/, '')}`];

    const outcome = await run(python, args, RUNTIME_DIR, { WRAPPER_ENVIRONMENT: job.environmentDir });

    expect(outcome.output).toMatch(/\nOK(?: \(skipped=\d+\))?\n$/);
  });
});

describe('a build that cannot succeed', () => {
  test('a syntax error of the entrypoint is told with file and line', async () => {
    await using job = await createJob({ 'adder.py': 'class Adder:\n    def perform(self)\n        pass\n' });
    await linkPython(job);
    const { steps } = await plan({ entrypoint_path: 'adder.py' });

    const outcome = await job.runSteps(steps);

    expect(outcome.exitCode).toBe(1);
    expect(outcome.output).toMatch(/^adder\.py:2: SyntaxError: .*\n {8}def perform\(self\)\n +\^\n$/);
  });

  test('a syntax error elsewhere is only a warning', async () => {
    await using job = await createJob({ 'adder.py': ADDER, 'old.py': 'print "python 2"\n' });
    await linkPython(job);
    const { steps } = await plan({ entrypoint_path: 'adder.py' });

    const outcome = await job.runSteps(steps);

    expect(outcome.exitCode).toBe(0);
    expect(outcome.output).toContain('warning: old.py:1: SyntaxError');
  });

  test('a requirement that does not exist fails with what pip says about it', async () => {
    await using job = await createJob({ 'requirements.txt': './there-is-no-such-folder\n' });
    const { environment } = await plan(FIELDS);
    const [create, , install] = environment.steps;

    const outcome = await job.runSteps([create, install].filter((step) => step !== undefined));

    expect(outcome.exitCode).toBe(1);
    expect(outcome.output).toContain('there-is-no-such-folder');
    expect(outcome.output).toContain('Installing requirements.txt failed');
    expect(outcome.output).not.toContain('Looking in');
  });
});

/** Enough of an environment for the steps on the source. */
async function linkPython(job: BuiltJob): Promise<void> {
  const { exitCode } = await run('python3', ['-m', 'venv', '--without-pip', join(job.dir, 'venv')], job.dir);
  expect(exitCode).toBe(0);
  await symlink(join(job.dir, 'venv'), job.environmentDir);
}

async function call(job: BuiltJob, method: string, path: string, body = ''): Promise<string> {
  return await new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: job.substitute('${socket}'), method, path }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve(text));
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' || error.code === 'ECONNREFUSED' ? resolve('') : reject(error),
    );
    outgoing.end(body);
  });
}
