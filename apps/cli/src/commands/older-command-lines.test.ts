import { expect, test } from 'vitest';
import { parseCommandLine } from '../command/parse-command-line.ts';
import { COMMANDS } from './command-table.ts';

/** The token that the tutorial of older versions publishes for its `admin` user. */
const TUTORIAL_TOKEN =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzZWVkIjoiY2UwODFiMDUtYTRhMC00MTRhLThmNmEtODRjMDIzMTkxNmE2Iiwic3ViamVjdCI6ImFkbWluIiwic3ViamVjdF90eXBlIjoidXNlciIsInNjb3BlcyI6bnVsbH0.xDUcEmR7USck5RId0nwDo_xtZZBD6pUvB2vL6i39DQI';

const DEPLOY_DEFAULTS = { extraVars: [], buildContext: 'default', force: false, cache: true };

/** Every command line that the documents of older versions print, with what it means here. */
const LINES: readonly (readonly [line: string, command: string, input: unknown])[] = [
  ['racetrack set remote http://localhost:7002', 'set remote', { remote: 'http://localhost:7002' }],
  ['racetrack set remote http://127.0.0.1:7002', 'set remote', { remote: 'http://127.0.0.1:7002' }],
  ['racetrack set remote RACETRACK_URL_OR_ALIAS', 'set remote', { remote: 'RACETRACK_URL_OR_ALIAS' }],
  [`racetrack login ${TUTORIAL_TOKEN}`, 'login', { token: TUTORIAL_TOKEN }],
  [
    `racetrack login ${TUTORIAL_TOKEN} --remote http://localhost:7002`,
    'login',
    { token: TUTORIAL_TOKEN, remote: 'http://localhost:7002' },
  ],
  ['racetrack login <token> --remote <remote>', 'login', { token: '<token>', remote: '<remote>' }],
  ['racetrack login <token>', 'login', { token: '<token>' }],
  ['racetrack logout <racetrack_url>', 'logout', { remoteArg: '<racetrack_url>' }],
  ['racetrack logout --remote <remote>', 'logout', { remote: '<remote>' }],
  ['racetrack logout', 'logout', {}],
  ['racetrack deploy', 'deploy', DEPLOY_DEFAULTS],
  ['racetrack deploy sample/python-class', 'deploy', { ...DEPLOY_DEFAULTS, workdir: 'sample/python-class' }],
  [
    'racetrack deploy my/awesome/job --remote http://localhost:7002',
    'deploy',
    { ...DEPLOY_DEFAULTS, workdir: 'my/awesome/job', remote: 'http://localhost:7002' },
  ],
  [
    'racetrack deploy my/awesome/job --remote http://127.0.0.1:7002',
    'deploy',
    { ...DEPLOY_DEFAULTS, workdir: 'my/awesome/job', remote: 'http://127.0.0.1:7002' },
  ],
  [
    'racetrack deploy my/awesome/job --remote http://racetrack.platform.example.com:12345/lifecycle',
    'deploy',
    {
      ...DEPLOY_DEFAULTS,
      workdir: 'my/awesome/job',
      remote: 'http://racetrack.platform.example.com:12345/lifecycle',
    },
  ],
  ['racetrack deploy . --remote dev', 'deploy', { ...DEPLOY_DEFAULTS, workdir: '.', remote: 'dev' }],
  ['racetrack deploy --remote dev', 'deploy', { ...DEPLOY_DEFAULTS, remote: 'dev' }],
  [
    'racetrack deploy . --remote https://racetrack.platform.example.com/lifecycle',
    'deploy',
    { ...DEPLOY_DEFAULTS, workdir: '.', remote: 'https://racetrack.platform.example.com/lifecycle' },
  ],
  [
    'racetrack logs . http://localhost:7002',
    'logs',
    { name: '.', remoteArg: 'http://localhost:7002', tail: 20, follow: false },
  ],
  [
    'racetrack logs WORKDIR RACETRACK_URL',
    'logs',
    { name: 'WORKDIR', remoteArg: 'RACETRACK_URL', tail: 20, follow: false },
  ],
  ['racetrack logs', 'logs', { tail: 20, follow: false }],
  ['racetrack get config', 'get config', { showSecrets: false }],
  [
    'racetrack set credentials repo_url username token',
    'set credentials',
    { repoUrl: 'repo_url', username: 'username', tokenPassword: 'token' },
  ],
  ['racetrack set alias ALIAS RACETRACK_URL', 'set alias', { alias: 'ALIAS', racetrackUrl: 'RACETRACK_URL' }],
  ...[
    ['dev', 'https://racetrack.dev.platform.example.com/lifecycle'],
    ['test', 'https://racetrack.test.platform.example.com/lifecycle'],
    ['prod', 'https://racetrack.prod.platform.example.com/lifecycle'],
    ['kind', 'http://localhost:7002'],
    ['docker', 'http://localhost:7102'],
    ['kind', 'http://127.0.0.1:7002'],
    ['docker', 'http://127.0.0.1:7102'],
  ].map(
    ([alias, url]) =>
      [`racetrack set alias ${alias} ${url}`, 'set alias', { alias, racetrackUrl: url }] as const,
  ),
  [
    'racetrack plugin install github.com/TheRacetrack/plugin-python-job-type',
    'plugin install',
    { pluginUri: 'github.com/TheRacetrack/plugin-python-job-type', replace: false },
  ],
  [
    'racetrack plugin install github.com/TheRacetrack/plugin-kubernetes-infrastructure',
    'plugin install',
    { pluginUri: 'github.com/TheRacetrack/plugin-kubernetes-infrastructure', replace: false },
  ],
  [
    'racetrack plugin uninstall p --version 1.0.0 --remote dev',
    'plugin uninstall',
    { name: 'p', version: '1.0.0', remote: 'dev', yes: false },
  ],
  ['racetrack plugin list --job-types', 'plugin list', { jobTypes: true, details: false }],
  [
    'racetrack plugin download p 1.0.0 --out-dir x --out-filename y',
    'plugin download',
    { name: 'p', version: '1.0.0', outDir: 'x', outFilename: 'y' },
  ],
  ['racetrack plugin bundle', 'plugin bundle', { workdir: '.' }],
  [
    'racetrack plugin bundle . --out x --out-filename y --plugin-version 1.0.0',
    'plugin bundle',
    { workdir: '.', out: 'x', outFilename: 'y', pluginVersion: '1.0.0' },
  ],
  [
    'racetrack move adder --version 0.0.1 --infrastructure docker',
    'move',
    { name: 'adder', version: '0.0.1', infrastructure: 'docker' },
  ],
  [
    'racetrack move adder --infrastructure-target docker',
    'move',
    { name: 'adder', infrastructureTarget: 'docker' },
  ],
];

test.each(LINES)('%s', async (line, command, input) => {
  const parsed = await parseCommandLine(line.split(' ').slice(1), COMMANDS);

  expect(parsed.kind === 'run' && parsed.spec.path.join(' ')).toBe(command);
  expect(parsed.kind === 'run' && (await parsed.spec.load()).parse(parsed.input)).toEqual(input);
});

test('racetrack -h', async () => {
  expect(await parseCommandLine(['-h'], COMMANDS)).toMatchObject({ kind: 'help', exitCode: 0 });
});

test.each([['racetrack run-local . --port 7000 --cmd sh -e a=b --build-context local', 'run-local']])(
  '%s is understood, but for the command of a container',
  async (line, command) => {
    const parsed = await parseCommandLine(line.split(' ').slice(1), COMMANDS);
    if (parsed.kind === 'help') throw new Error('expected a command');
    const implementation = await parsed.spec.load();

    expect(parsed.spec.path.join(' ')).toBe(command);
    await expect(implementation.execute({} as never, parsed.input)).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringContaining('--cmd replaces the command of a container') as string,
    });
  },
);
