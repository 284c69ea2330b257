import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { API, JOB, MANIFEST, createServedCli, type ServedCli } from '../testing/served-cli.ts';

let served: ServedCli;
let { cli, server, routes, logIn } = {} as ServedCli;

beforeEach(async () => {
  served = await createServedCli();
  ({ cli, server, routes, logIn } = served);
});

afterEach(async () => await served[Symbol.asyncDispose]());

describe('list', () => {
  test('prints the chosen columns in a fixed order', async () => {
    routes[`GET ${API}/job`] = { body: [JOB] };
    await logIn();

    const plain = await cli.run(['list']);
    const wide = await cli.run(['list', '-c', 'last_call_at', '-c', 'job_type', '-c', 'infrastructure']);

    expect(plain.stdout).toBe('NAME    VERSION   STATUS \nadder   0.0.2     RUNNING\n');
    expect(wide.stdout).toContain(
      'NAME    VERSION   STATUS    JOB TYPE        INFRASTRUCTURE   LAST CALL AT',
    );
    expect(wide.stdout).toContain(
      'adder   0.0.2     RUNNING   python3:2.4.0                    never       ',
    );
  });

  test('says why a job does not run, or why it was started again, in a last column', async () => {
    const error = 'the job has ended: exceeded its memory limit of 128 MiB\nJob logs:\nx';
    const notice = 'an instance ended: exit code 3; it is started again';
    routes[`GET ${API}/job`] = {
      body: [{ ...JOB, status: 'error', error, notice }, { ...JOB, name: 'hog', notice }, JOB],
    };
    await logIn();

    const { stdout } = await cli.run(['list']);

    expect(stdout.split('\n').map((line) => line.trimEnd())).toEqual([
      'NAME    VERSION   STATUS    REASON',
      `adder   0.0.2     ERROR     ${error.split('\n')[0]}; ${notice}`,
      'adder   0.0.2     RUNNING',
      `hog     0.0.2     RUNNING   ${notice}`,
      '',
    ]);
  });

  test('is sorted by name, then newest version first, whatever was deployed last', async () => {
    const jobs = ['a 1.9.0', 'b 0.1.0', 'a odd', 'a 1.10.0', 'a 1.10.0-rc.1'].map((job) => {
      const [name, version] = job.split(' ');
      return Object.assign({}, JOB, { name, version });
    });
    routes[`GET ${API}/job`] = { body: jobs };
    await logIn();

    const rows = (await cli.run(['list'])).stdout.trim().split('\n').slice(1);

    expect(rows.map((row) => row.split(/ +/).slice(0, 2).join(' '))).toEqual([
      'a 1.10.0',
      'a 1.10.0-rc.1',
      'a 1.9.0',
      'a odd',
      'b 0.1.0',
    ]);
  });

  test('prints as JSON what the server said, and nothing else', async () => {
    routes[`GET ${API}/job`] = { body: [{ ...JOB, further: 1 }] };
    await logIn();

    const result = await cli.run(['list', '--output', 'json'], { isTerminal: true });

    expect(JSON.parse(result.stdout)).toEqual([{ ...JOB, further: 1 }]);
  });
});

describe('cancel', () => {
  const ongoing = { id: 'd-1', status: 'in_progress', job_name: 'adder', job_version: '0.0.1' };
  const over = { ...ongoing, status: 'failed', error: 'cancelled by admin' };

  beforeEach(async () => {
    routes[`POST ${API}/deploy/adder/cancel`] = {
      status: 404,
      body: { error: 'deployment with ID adder was not found', code: 'DEPLOYMENT_NOT_FOUND' },
    };
    routes[`POST ${API}/deploy/d-1/cancel`] = { body: over };
    await logIn();
  });

  test('takes the name of a job that has one deployment going on', async () => {
    routes[`GET ${API}/deploy`] = { body: [ongoing, { ...over, id: 'd-0' }] };

    expect(await cli.run(['cancel', 'adder'])).toMatchObject({
      exitCode: 0,
      stdout: 'The deployment of adder v0.0.1 has ended: cancelled by admin\n',
    });
  });

  test('asks which one is meant when there are several, and names nothing when there is none', async () => {
    routes[`GET ${API}/deploy`] = { body: [ongoing, { ...ongoing, id: 'd-2', job_version: '0.0.2' }] };
    const several = await cli.run(['cancel', 'adder']);
    routes[`GET ${API}/deploy`] = { body: [over] };
    const none = await cli.run(['cancel', 'adder']);

    expect(several).toMatchObject({ exitCode: 2 });
    expect(several.stderr).toContain('d-1 (0.0.1), d-2 (0.0.2)');
    expect(none.stderr).toContain('deployment with ID adder was not found');
  });
});

describe('redeploy, reprovision and move', () => {
  const done = { id: 'd-1', status: 'done', job_name: 'adder', job_version: '0.0.2' };

  beforeEach(async () => {
    routes[`GET ${API}/job/adder/latest`] = { body: JOB };
    routes[`GET ${API}/deploy/d-1`] = { body: done };
    routes[`GET ${API}/deploy/d-1/build-logs`] = { body: { logs: '', next_offset: 0, complete: true } };
    await logIn();
  });

  test.each(['redeploy', 'reprovision'])('%s acts on the exact version and watches', async (verb) => {
    routes[`POST ${API}/job/adder/0.0.2/${verb}`] = { body: { id: 'd-1' } };

    routes[`GET ${API}/job/adder/0.x`] = { body: JOB };

    const result = await cli.run([verb, 'adder', '--version', '0.x']);

    expect(result).toMatchObject({ exitCode: 0, stdout: '' });
    expect(result.stderr).toMatch(
      /^"0\.x" is version 0\.0\.2 of job "adder"\nJob "adder" v0\.0\.2 at .* has been re\w+ed\n$/,
    );
    expect(await cli.run([verb, 'adder'])).toMatchObject({ exitCode: 0 });
    expect(server.requests.map(({ url }) => url)).toContain(`${API}/job/adder/0.0.2/${verb}?wait=false`);
  });

  test('move takes the target in both forms, and a server that answers at the end', async () => {
    routes[`POST ${API}/job/adder/0.0.2/move`] = { body: null };
    const original = ['move', 'adder', '--version', '0.0.2', '--infrastructure', 'docker'];

    const results = [await cli.run(original), await cli.run(['move', 'adder', 'docker'])];

    expect(results).toMatchObject([{ exitCode: 0 }, { exitCode: 0 }]);
    const moves = server.requests.filter(({ url }) => url.includes('/move'));
    expect(moves.map(({ body }) => JSON.parse(body))).toEqual([
      { infrastructure_target: 'docker' },
      { infrastructure_target: 'docker' },
    ]);
    expect(await cli.run(['move', 'adder'])).toMatchObject({ exitCode: 2 });
  });
});

describe('logs and build-logs', () => {
  test('resolve the version first and end with one line feed', async () => {
    routes[`GET ${API}/job/adder/1.x`] = { body: JOB };
    routes[`GET ${API}/job/adder/0.0.2/logs`] = { body: { logs: '  a\nb' } };
    await logIn();

    const result = await cli.run(['logs', 'adder', '--version', '1.x', '--tail', '2']);

    expect(result).toMatchObject({ exitCode: 0, stdout: '  a\nb\n', stderr: '' });
    expect(server.requests[1]?.url).toBe(`${API}/job/adder/0.0.2/logs?tail=2`);
  });

  test('take a directory in the older form, with the version of its manifest', async () => {
    routes[`GET ${API}/job/adder/3.0.0`] = { body: { ...JOB, version: '3.0.0' } };
    routes[`GET ${API}/job/adder/3.0.0/logs`] = { body: { logs: 'x\n' } };
    await logIn();
    await cli.write('job.yaml', MANIFEST.replace('0.0.1', '3.0.0'));

    expect(await cli.run(['logs', '.', server.origin])).toMatchObject({ exitCode: 0, stdout: 'x\n' });
    expect(await cli.run(['logs'])).toMatchObject({ exitCode: 0, stdout: 'x\n' });
  });

  test('logs of a job that never ran point to its build', async () => {
    routes[`GET ${API}/job/adder/0.0.2`] = {
      status: 404,
      body: { error: 'Job record not found', code: 'JOB_NOT_FOUND' },
    };
    await logIn();

    const result = await cli.run(['logs', 'adder', '--version', '0.0.2']);

    expect(result.exitCode).toBeGreaterThan(0);
    expect(result.stderr).toContain(
      'it never ran: racetrack build-logs adder --version 0.0.2 shows its build',
    );
  });

  test('build-logs asks for everything, of the alias as it is', async () => {
    routes[`GET ${API}/job/adder/latest/build-logs`] = { body: { logs: 'built\n' } };
    await logIn();

    expect(await cli.run(['build-logs', 'adder'])).toMatchObject({ stdout: 'built\n' });
    expect(server.requests[0]?.url).toBe(`${API}/job/adder/latest/build-logs?tail=0`);
  });

  test('build-logs --follow goes on until the deployment has ended', async () => {
    let reads = 0;
    routes[`GET ${API}/deploy`] = {
      body: [
        { id: 'd-9', status: 'done', job_name: 'other', job_version: '0.0.2' },
        { id: 'd-1', status: 'in_progress', job_name: 'adder', job_version: '0.0.2' },
      ],
    };
    routes[`GET ${API}/deploy/d-1/build-logs`] = ({ url }) => {
      reads += 1;
      const logs = url.endsWith('offset=0') ? 'one\n' : 'two\n';
      return { body: { logs, next_offset: reads * 4, complete: reads === 2 } };
    };
    await logIn();

    expect(await cli.run(['build-logs', 'adder', '-f'])).toMatchObject({ exitCode: 0, stdout: 'one\ntwo\n' });
  });

  test('encode names, so that none reaches another route', async () => {
    await logIn();

    await cli.run(['build-logs', 'a b?c', '--version', '1']);

    expect(server.requests[0]?.url).toBe(`${API}/job/a%20b%3Fc/1/build-logs?tail=0`);
  });
});

describe('delete', () => {
  beforeEach(async () => {
    routes[`DELETE ${API}/job/adder/0.0.2`] = { body: null };
    await logIn();
  });

  test('goes ahead without a terminal, as with the original', async () => {
    const result = await cli.run(['delete', 'adder', '--version', '0.0.2', '--output', 'json']);

    expect(JSON.parse(result.stdout)).toEqual({ name: 'adder', version: '0.0.2', deleted: true });
    expect(result.stderr).toBe('');
    expect(await cli.run(['delete', 'adder', '--version', '0.0.2'])).toMatchObject({
      stdout: '',
      stderr: expect.stringMatching(/^Job "adder" v0\.0\.2 has been deleted from http:.*\n$/),
    });
  });

  test.each([
    ['y', 0, 1],
    ['n', 2, 0],
    ['', 2, 0],
  ])(
    'asks on a terminal; the answer %j gives exit code %i and %i requests',
    async (answer, exitCode, count) => {
      const argv = ['delete', 'adder', '--version', '0.0.2'];
      const result = await cli.run(argv, { isTerminal: true, stdinKind: 'terminal', answer });

      expect(result.exitCode).toBe(exitCode);
      expect(result.prompts[0]).toContain('Delete job "adder" v0.0.2');
      expect(server.requests).toHaveLength(count);
    },
  );

  test('does not ask with --yes, and needs a version', async () => {
    const options = { isTerminal: true, stdinKind: 'terminal' } as const;

    expect(await cli.run(['delete', 'adder', '--version', '0.0.2', '--yes'], options)).toMatchObject({
      exitCode: 0,
      prompts: [],
    });
    expect(await cli.run(['delete', 'adder'])).toMatchObject({ exitCode: 2 });
  });
});
