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

  test('names the directory without a manifest', async () => {
    const result = await cli.run(['validate', 'nowhere']);

    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain('nowhere');
  });
});
