import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { API, JOB, MANIFEST, createServedCli, type ServedCli } from '../testing/served-cli.ts';

const PIN = {
  name: 'adder',
  pattern: 'latest',
  version: '1.2.0',
  previous_version: null,
  pinned_by: 'admin',
  pinned_at: 1,
};

let served: ServedCli;
let { cli, server, routes, logIn } = {} as ServedCli;

beforeEach(async () => {
  served = await createServedCli();
  ({ cli, server, routes, logIn } = served);
  await logIn();
});

afterEach(async () => await served[Symbol.asyncDispose]());

describe('promote', () => {
  test('pins latest, or the pattern, and says how to go back', async () => {
    routes[`POST ${API}/job/adder/1.2.0/promote`] = { body: PIN };

    const latest = await cli.run(['promote', 'adder', '1.2.0'], { isTerminal: true });
    const wildcard = await cli.run(['promote', 'adder', '1.2.0', '--pattern', '1.x', '-v']);

    expect(latest.stdout).toBe('latest of adder stands for 1.2.0 now\n');
    expect(latest.stderr).toContain('racetrack promote adder --undo');
    expect(wildcard.stderr).toContain('racetrack promote adder --undo --pattern 1.x');
    const bodies = server.requests.filter(({ method }) => method === 'POST').map(({ body }) => body);
    expect(bodies).toEqual(['{"pattern":"latest"}', '{"pattern":"1.x"}']);
  });

  test('undoes and unpins', async () => {
    routes[`POST ${API}/job/adder/pins/latest/undo`] = { body: { ...PIN, version: '1.1.0' } };
    routes[`POST ${API}/job/adder/pins/1.x/undo`] = { body: null };
    routes[`DELETE ${API}/job/adder/pins/1.x`] = { body: null };

    const back = await cli.run(['promote', 'adder', '--undo', '--output', 'json']);
    const none = await cli.run(['promote', 'adder', '--undo', '--pattern', '1.x']);
    const unpinned = await cli.run(['promote', 'adder', '--unpin', '--pattern', '1.x']);

    expect(JSON.parse(back.stdout)).toEqual({ name: 'adder', pattern: 'latest', version: '1.1.0' });
    const text = '1.x of adder is not pinned: it stands for the highest stable version\n';
    expect([none.stdout, unpinned.stdout]).toEqual([text, text]);
  });

  test.each([[[]], [['1.2.0', '--undo']], [['--undo', '--unpin']]])(
    'asks for exactly one of its three forms: %j',
    async (args) => {
      const result = await cli.run(['promote', 'adder', ...args]);
      expect([result.exitCode, result.stderr]).toEqual([
        2,
        expect.stringContaining('Give a version, or --undo, or --unpin.'),
      ]);
    },
  );
});

test('list says which aliases are pinned, in a column of their own', async () => {
  const notice = 'latest is pinned to 0.0.2; promote to switch';
  routes[`GET ${API}/job`] = {
    body: [
      { ...JOB, version: '0.0.3', notice, pinned_as: [] },
      { ...JOB, pinned_as: ['0.x', 'latest'] },
    ],
  };

  const { stdout } = await cli.run(['list']);

  expect(stdout.split('\n').map((line) => line.trimEnd())).toEqual([
    'NAME    VERSION   STATUS    PINNED        REASON',
    `adder   0.0.3     RUNNING                 ${notice}`,
    'adder   0.0.2     RUNNING   0.x, latest',
    '',
  ]);
});

test('deploy says when latest stays where it is', async () => {
  const notice = 'latest is pinned to 0.0.1; promote to switch';
  routes[`POST ${API}/deploy`] = { body: { id: 'd-1' } };
  routes[`GET ${API}/deploy/d-1`] = { body: { status: 'DONE', job: { pub_url: 'http://pub', notice } } };
  await cli.write('job.yaml', MANIFEST);

  const { exitCode, stderr } = await cli.run(['deploy', '.']);

  expect([exitCode, stderr]).toEqual([0, expect.stringContaining(notice)]);
});

test('get manifest prints the YAML as it is', async () => {
  const yaml = '# as deployed\nname: adder\n';
  routes[`GET ${API}/job/adder/latest/manifest`] = {
    headers: { 'content-type': 'application/yaml; charset=utf-8' },
    body: yaml,
  };

  const text = await cli.run(['get', 'manifest', 'adder']);
  const json = await cli.run(['get', 'manifest', 'adder', 'latest', '--output', 'json']);

  expect(text.stdout).toBe(yaml);
  expect(JSON.parse(json.stdout)).toEqual({ manifest_yaml: yaml });
  expect(server.requests.at(-1)?.url).toBe(`${API}/job/adder/latest/manifest?reproducible=true`);
});
