import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createTemporaryDirectory } from '@racetrack-platform/testing';
import { expect, test } from 'vitest';
import { offerLibrary } from './offer-library.ts';

const plugin = (name: string) =>
  fileURLToPath(new URL(`../../../../plugins/job-type-${name}`, import.meta.url));

test('a Go job that imports racetrack/jobs gets the library for its tests, and is told how to use it', async () => {
  await using directory = await createTemporaryDirectory();
  const root = join(directory.path, 'job');
  await mkdir(root);
  await writeFile(join(root, 'job.go'), 'package job\n');

  expect(await offerLibrary(plugin('golang'), root)).toBeUndefined();
  await writeFile(join(root, 'job.go'), 'package job\n\nimport "racetrack/jobs"\n');
  expect(await offerLibrary(plugin('node'), root)).toBeUndefined();
  expect(await readdir(root)).toEqual(['job.go']);

  expect(await offerLibrary(plugin('golang'), root)).toContain('go work init . ./.racetrack/jobs');
  expect(await readdir(join(root, '.racetrack/jobs'))).toEqual(
    expect.arrayContaining(['go.mod', 'call.go', 'internal']),
  );
  await writeFile(join(root, 'go.work'), '');
  expect(await offerLibrary(plugin('golang'), root)).toBeUndefined();
});

test('a Node job that imports racetrack-job gets the module for its tests, and they run', async () => {
  await using directory = await createTemporaryDirectory();
  const root = directory.path;
  await writeFile(
    join(root, 'job.mjs'),
    `import { callJob, ValidationError } from 'racetrack-job';
    export async function perform({ name }, context = { callJob }) {
      if (name === '') throw new ValidationError('no name');
      return Math.round(await context.callJob(name));
    }`,
  );
  await writeFile(
    join(root, 'job.test.mjs'),
    `import assert from 'node:assert/strict';
    import { test } from 'node:test';
    import { perform } from './job.mjs';
    test('rounds', async () => assert.equal(await perform({ name: 'adder' }, { callJob: async () => 41.6 }), 42));
    test('refuses', async () => await assert.rejects(perform({ name: '' }), { name: 'ValidationError' }));
    test('no platform', async () => await assert.rejects(perform({ name: 'adder' }), /PUB_URL is not set/));`,
  );

  const advice = (await offerLibrary(plugin('node'), root)) ?? '';
  const [, command = ''] = /: node (.*)$/.exec(advice) ?? [];
  const { stdout } = await promisify(execFile)(process.execPath, command.split(' '), {
    cwd: root,
    env: { PATH: process.env['PATH'] },
  });

  expect(stdout).toMatch(/pass 3\n/);
  await writeFile(join(root, 'package.json'), JSON.stringify({ scripts: { test: `node ${command}` } }));
  expect(await offerLibrary(plugin('node'), root)).toBeUndefined();
});

test('a Python job that imports racetrack_job_wrapper gets the package for its tests, and they run', async () => {
  await using directory = await createTemporaryDirectory();
  const root = directory.path;
  await writeFile(
    join(root, 'job.py'),
    `from racetrack_job_wrapper.call import call_job
from job_wrapper.errors import ValidationError

class Job:
    def perform(self, name):
        if not name:
            raise ValidationError('no name')
        return round(call_job(self, name))
`,
  );
  await writeFile(
    join(root, 'test_job.py'),
    `import unittest
from unittest import mock
import racetrack_job_wrapper.errors
from job import Job

class JobTest(unittest.TestCase):
    def test_rounds(self):
        with mock.patch('job.call_job', return_value=41.6):
            self.assertEqual(Job().perform('adder'), 42)

    def test_refuses(self):
        self.assertRaises(racetrack_job_wrapper.errors.ValidationError, Job().perform, '')

    def test_no_platform(self):
        self.assertRaisesRegex(RuntimeError, 'PUB_URL is not set', Job().perform, 'adder')
`,
  );

  const advice = (await offerLibrary(plugin('python3'), root)) ?? '';
  const [, path = '', command = ''] = /: PYTHONPATH=(\S+) python3 (.*)$/.exec(advice) ?? [];
  const env = { PATH: process.env['PATH'], PYTHONPATH: path };
  const { stderr } = await promisify(execFile)('python3', command.split(' '), { cwd: root, env });

  expect(stderr).toMatch(/Ran 3 tests .*\n\nOK\n/);
  await writeFile(join(root, 'pytest.ini'), '[pytest]\npythonpath = .racetrack/python\n');
  expect(await offerLibrary(plugin('python3'), root)).toBeUndefined();
});
