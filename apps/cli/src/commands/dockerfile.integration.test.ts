import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { API, MANIFEST, createServedCli, type ServedCli } from '../testing/served-cli.ts';

let served: ServedCli;

beforeEach(async () => {
  served = await createServedCli();
  await served.logIn();
  await served.cli.write('job.yaml', MANIFEST);
});

afterEach(async () => await served[Symbol.asyncDispose]());

const PROXY = { name: 'racetrack/job-entrypoint/adder', source: 'jobtype', dockerfile_path: 'proxy' };
const OWN = { name: 'racetrack/job-1/adder', source: 'job', dockerfile_path: 'Dockerfile', base: null };

function answer(...images: object[]): void {
  served.routes[`POST ${API}/deploy/dockerfile`] = { body: { job_type: 'two:1.0.0', images } };
}

describe('dockerfile', () => {
  test('prints what the server renders, and sends the Dockerfiles of the directory', async () => {
    const { cli, server } = served;
    answer({ ...PROXY, base: null, text: 'FROM a' });
    await cli.write('Dockerfile', 'FROM own');
    await cli.write('docker/web.Dockerfile', 'FROM web');
    await cli.write('node_modules/x/Dockerfile', 'FROM x');

    expect(await cli.run(['dockerfile'])).toMatchObject({ exitCode: 0, stdout: 'FROM a\n', stderr: '' });
    expect(JSON.parse(server.requests.at(-1)?.body ?? '')).toMatchObject({
      manifest: { name: 'adder' },
      job_dockerfiles: { Dockerfile: 'FROM own', 'docker/web.Dockerfile': 'FROM web' },
    });
    expect(server.requests.at(-1)?.body).not.toContain('FROM x');
  });

  test('separates several by comment lines, or prints one of them', async () => {
    const { cli } = served;
    const base = { name: 'racetrack/job-base/two:1.0.0', dockerfile_path: 'base', text: 'FROM b\n' };
    answer({ ...PROXY, base, text: 'FROM a' }, { ...OWN, text: 'FROM own\n' });

    expect((await cli.run(['dockerfile', '.'])).stdout).toBe(
      '# --- 1 of 3: racetrack/job-base/two:1.0.0 (base of two:1.0.0)\nFROM b\n\n' +
        '# --- 2 of 3: racetrack/job-entrypoint/adder (proxy of two:1.0.0)\nFROM a\n\n' +
        '# --- 3 of 3: racetrack/job-1/adder (Dockerfile of the job)\nFROM own\n',
    );
    expect(await cli.run(['dockerfile', '--image', '1'])).toMatchObject({ stdout: 'FROM own\n' });
    expect(await cli.run(['dockerfile', '--image', '2'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('0 to 1'),
    });
  });
});
