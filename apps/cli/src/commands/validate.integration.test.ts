import { execFileSync } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MANIFEST, createServedCli, type ServedCli } from '../testing/served-cli.ts';

let served: ServedCli;
let { cli } = {} as ServedCli;

beforeEach(async () => {
  served = await createServedCli();
  ({ cli } = served);
});

afterEach(async () => await served[Symbol.asyncDispose]());

describe('validate', () => {
  test('prints the effective manifest with sorted keys', async () => {
    await cli.write('job.yaml', MANIFEST);

    const result = await cli.run(['validate', '-e', 'replicas=2'], { isTerminal: true });

    expect(result).toMatchObject({ exitCode: 0, stderr: 'Manifest file "." is valid\n' });
    expect(result.stdout).toMatch(/^git:\n {2}directory: \.\n {2}remote: https/);
    expect(result.stdout).toContain('\nreplicas: 2\n');
    expect(result.stdout.endsWith('\n\n')).toBe(true);
  });

  test('reads a manifest from standard input', async () => {
    expect(await cli.run(['validate', '-'], { stdin: MANIFEST })).toMatchObject({ exitCode: 0 });
    expect(await cli.run(['validate', '-'], { stdin: '' })).toMatchObject({ exitCode: 2 });
  });

  test('warns about a missing secret file, and refuses it with --strict', async () => {
    await cli.write('job.yaml', `${MANIFEST}secret_runtime_env_file: .env\n`);

    const lenient = await cli.run(['validate']);

    expect(lenient.exitCode).toBe(0);
    expect(lenient.stderr).toContain("warning: secret env file doesn't exist: ");
    expect(await cli.run(['validate', '--strict'])).toMatchObject({ exitCode: 2, stdout: '' });
  });

  test('warns about named files that are not there, and a job type with a slip of the pen', async () => {
    await cli.write('there.txt', '');
    const extra = 'jobtype_extra: {entrypoint_path: job.py, requirements_path: there.txt}\n';
    await cli.write('job.yaml', `${MANIFEST.replace('python3', 'pyton3')}${extra}`);

    const lenient = await cli.run(['validate']);

    expect(lenient.exitCode).toBe(0);
    expect(lenient.stderr).toContain('warning: jobtype_extra.entrypoint_path: there is no "job.py" in ');
    expect(lenient.stderr).toContain('did you mean python3?');
    expect(lenient.stderr).not.toContain('requirements_path');
    expect(await cli.run(['validate', '--strict'])).toMatchObject({ exitCode: 2, stdout: '' });
    const piped = `${MANIFEST}${extra}`;
    expect(await cli.run(['validate', '-', '--strict'], { stdin: piped })).toMatchObject({ exitCode: 0 });
  });

  test('a job type of a plugin is remarked upon, also with --strict', async () => {
    await cli.write('job.yaml', MANIFEST.replace('python3', 'fortran'));

    const result = await cli.run(['validate', '--strict']);

    expect(result).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('a plugin of the server') });
  });

  test('a wrong git.directory is told where the checkout is that of git.remote', async () => {
    await cli.write('sub/job.yaml', MANIFEST);
    execFileSync('git', ['init', '-q'], { cwd: cli.cwd });
    execFileSync('git', ['remote', 'add', 'origin', 'https://github.com/acme/job.git'], { cwd: cli.cwd });

    const result = await cli.run(['validate', 'sub']);

    expect(result.stderr).toContain('git.directory: is ".", but this folder is "sub" of the repository');
    await cli.write('sub/job.yaml', `${MANIFEST}  directory: sub/\n`);
    expect((await cli.run(['validate', 'sub'])).stderr).not.toContain('git.directory');
  });

  test('shows nothing of files outside of the folder, and ends at what has no end', async () => {
    await cli.write('secret.txt', 'root:$y$hash:\n: sesame');
    for (const [folder, target] of [
      ['link', '../secret.txt'],
      ['device', '/dev/zero'],
      ['circle', 'job.yaml'],
    ] as const) {
      await mkdir(join(cli.cwd, folder));
      await symlink(target, join(cli.cwd, folder, 'job.yaml'));
    }
    await mkdir(join(cli.cwd, 'pipe'));
    execFileSync('mkfifo', [join(cli.cwd, 'pipe', 'job.yaml')]);
    await cli.write('base/job.yaml', `extends: ../secret.txt\n${MANIFEST}`);
    await cli.write('large/job.yaml', `# ${'x'.repeat(1024 * 1024)}`);
    await cli.write('inside/real.yaml', MANIFEST);
    await symlink('real.yaml', join(cli.cwd, 'inside', 'job.yaml'));

    for (const [folder, reason] of [
      ['link', 'is a link that leads out of its directory'],
      ['device', 'is a link that leads out of its directory'],
      ['circle', 'ELOOP'],
      ['pipe', 'is not a file'],
      ['base', 'secret.txt is not named like a manifest'],
      ['large', 'is larger than a megabyte'],
    ] as const) {
      const result = await cli.run(['validate', folder]);
      expect(result).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(reason) as string });
      expect(result.stderr).not.toMatch(/hash|sesame/);
    }
    expect(await cli.run(['validate', 'inside'])).toMatchObject({ exitCode: 0 });
  });

  test('names the directory without a manifest', async () => {
    const result = await cli.run(['validate', 'nowhere']);

    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain('nowhere');
  });
});
