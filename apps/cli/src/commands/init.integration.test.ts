import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { JOB_LANGUAGES } from '../init/write-job.ts';
import { createCliFixture, type CliFixture } from '../testing/cli-fixture.ts';

const run = promisify(execFile);

let cli: CliFixture;

beforeEach(async () => {
  cli = await createCliFixture();
});

afterEach(async () => await cli[Symbol.asyncDispose]());

async function read(path: string): Promise<string> {
  return await readFile(join(cli.cwd, path), 'utf8');
}

describe('racetrack init', () => {
  test.each(JOB_LANGUAGES)('--type %s writes a job that validate accepts', async (type) => {
    const result = await cli.run(['init', 'My job', '--type', type]);

    expect(result).toMatchObject({ exitCode: 0, stdout: '' });
    expect(result.stderr).toContain("Next: cd 'My job'; racetrack dev");
    const validated = await cli.run(['validate', 'My job', '--strict']);
    expect(validated).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^name: My-job$/m) as string,
    });
    for (const file of ['README.md', '.gitignore'])
      expect(await read(`My job/${file}`)).not.toMatch(/__\w+__(?!\/)/);
  });

  test('--type python3 writes a test that passes', async () => {
    await cli.run(['init', 'adder', '--type', 'python3']);

    const { stderr } = await run('python3', ['-B', '-m', 'unittest'], { cwd: join(cli.cwd, 'adder') });

    expect(stderr).toContain('OK');
  });

  test('--type node writes a test that passes', async () => {
    await cli.run(['init', 'adder', '--type', 'node']);

    const { stdout } = await run(process.execPath, ['--test'], { cwd: join(cli.cwd, 'adder') });

    expect(stdout).toMatch(/pass 2/);
  });

  test('takes the remote of the checkout, without credentials, and the place in it', async () => {
    await run('git', ['init', '-q'], { cwd: cli.cwd });
    await run('git', ['remote', 'add', 'origin', 'https://bob:sesame@git.example.com/acme/jobs'], {
      cwd: cli.cwd,
    });

    const result = await cli.run(['init', 'jobs/adder', '--type', 'python3']);

    expect(result.stderr).not.toContain('--build-context');
    expect(await read('jobs/adder/job.yaml')).toMatch(
      /remote: https:\/\/git\.example\.com\/acme\/jobs\n {2}directory: jobs\/adder\n/,
    );
  });

  test('without a remote it says how to deploy all the same', async () => {
    const result = await cli.run(['init', '--type', 'python3', '--name', 'adder']);

    expect(result.stderr).toContain('racetrack deploy --build-context local');
  });

  test('overwrites nothing: a README stays, code is refused before anything is written', async () => {
    await cli.write('a/README.md', 'mine');
    await cli.write('b/job.py', 'mine');

    expect(await cli.run(['init', 'a', '--type', 'python3'])).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('README.md was there already') as string,
    });
    expect(await read('a/README.md')).toBe('mine');
    expect(await cli.run(['init', 'b', '--type', 'python3'])).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('holds already: job.py') as string,
    });
    await expect(read('b/job.yaml')).rejects.toThrow('ENOENT');
  });

  test('follows no link, and writes nothing then', async () => {
    for (const [folder, name] of [
      ['a', 'job.yaml'],
      ['b', '.racetrack'],
    ] as const) {
      await mkdir(join(cli.cwd, folder));
      await symlink('../elsewhere', join(cli.cwd, folder, name));

      expect(await cli.run(['init', folder, '--type', 'python3'])).toMatchObject({
        exitCode: 3,
        stderr: expect.stringContaining(`holds already: ${name}`) as string,
      });
      expect(await readdir(join(cli.cwd, folder))).toEqual([name]);
    }
    await symlink('elsewhere', join(cli.cwd, 'c'));
    expect(await cli.run(['init', 'c', '--type', 'python3'])).toMatchObject({ exitCode: 3 });
    expect((await readdir(cli.cwd)).includes('elsewhere')).toBe(false);
  });

  test('asks for the language on a terminal, and names them all elsewhere', async () => {
    const asked = await cli.run(['init', 'a'], { stdinKind: 'terminal', answer: 'python' });
    const silent = await cli.run(['init', 'b']);

    expect(asked.prompts).toEqual(['Language of the job (python3, golang, rust, node): ']);
    expect(await read('a/job.yaml')).toContain('jobtype: python3:latest');
    expect(silent).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(JOB_LANGUAGES.join(', ')) as string,
    });
  });

  test('refuses a name that no job may have, and offers one', async () => {
    expect(await cli.run(['init', '--type', 'rust', '--name', 'my job'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--name my-job') as string,
    });
  });
});
