import { execFileSync } from 'node:child_process';
import { access, appendFile, mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { unpackBuildContext } from '../testing/unpack-build-context.ts';
import { API, createServedCli, MANIFEST, type ServedCli } from '../testing/served-cli.ts';

let served: ServedCli;
let { cli, server, routes, logIn } = {} as ServedCli;

const DONE = {
  id: 'd-1',
  status: 'done',
  job_name: 'adder',
  job_version: '0.0.1',
  warnings: null,
  job: { pub_url: 'http://pub.example/pub/job/adder/0.0.1' },
};

beforeEach(async () => {
  served = await createServedCli();
  ({ cli, server, routes, logIn } = served);
  routes[`POST ${API}/deploy`] = { body: { id: 'd-1' } };
  answerInTurn({ ...DONE });
  await logIn();
  await cli.write('job.yaml', MANIFEST);
});

afterEach(async () => await served[Symbol.asyncDispose]());

/** Answers the polls of the deployment one after the other; the last one stays. */
function answerInTurn(...deployments: readonly (object | 'cut-off')[]): void {
  let count = 0;
  routes[`GET ${API}/deploy/d-1`] = () => {
    const deployment = deployments[Math.min(count, deployments.length - 1)];
    count += 1;
    return deployment === 'cut-off' ? { isCutOff: true } : { body: deployment };
  };
}

function sentPayload(): Record<string, unknown> {
  const request = server.requests.find(({ method }) => method === 'POST');
  return JSON.parse(request?.body ?? '{}') as Record<string, unknown>;
}

const phase = (text: string | null, more: object = {}) => ({
  id: 'd-1',
  status: 'in_progress',
  phase: text,
  ...more,
});

describe('deploy', () => {
  test('sends the manifest as it is written, with credentials and secrets beside it', async () => {
    await cli.writeConfig(
      `${await cli.readConfig()}git_credentials: {github.com: {username: bob, password: pw}}\n`,
    );
    await cli.write('.env', 'FOO="bar"\n');
    await cli.write('job.yaml', `${MANIFEST}secret_runtime_env_file: .env\n`);

    const result = await cli.run(['deploy', '.', '--force', '--no-cache', '-e', 'labels.team=x']);

    expect(result).toMatchObject({
      exitCode: 0,
      stdout:
        'Job "adder" has been deployed. Check out http://pub.example/pub/job/adder/0.0.1 to access your Job\n',
    });
    expect(sentPayload()).toEqual({
      manifest: {
        name: 'adder',
        owner_email: 'bob@example.com',
        version: '0.0.1',
        jobtype: 'python3:latest',
        git: { remote: 'https://github.com/acme/job' },
        secret_runtime_env_file: '.env',
        labels: { team: 'x' },
      },
      git_credentials: { username: 'bob', password: 'pw' },
      secret_vars: { build_env: {}, runtime_env: { FOO: 'bar' } },
      build_context: null,
      force: true,
      build_flags: ['--no-cache'],
    });
  });

  test('shows phases as plain lines without a terminal, and new warnings once', async () => {
    answerInTurn(
      phase('building image'),
      phase('building image', { warnings: 'one' }),
      phase('starting Job server', { warnings: 'one\ntwo' }),
      { ...DONE, warnings: 'one\ntwo' },
    );

    const result = await cli.run(['deploy']);

    expect(result.stderr).toBe(
      'deployment d-1 (cancel: racetrack cancel d-1)\ndeployment in progress: building image...\nwarning: one\nwarning: two\ndeployment in progress: starting Job server...\n',
    );
  });

  test('shows phases with their time on a terminal, and what to do next', async () => {
    answerInTurn(phase('building image'), phase('starting Job server'), DONE);

    const { stderr } = await cli.run(['deploy', '--remote', server.origin], { isTerminal: true });

    expect(stderr).toMatch(/✓ building image {2}0\.\d s\n/);
    expect(stderr).toMatch(/✓ starting Job server {2}0\.\d s\n/);
    expect(stderr).toContain('deploying workspace "." (job adder v0.0.1) to ');
    expect(stderr).toContain(`deployment d-1 (cancel: racetrack cancel d-1 --remote ${server.origin})\n`);
    expect(stderr).toContain(`racetrack logs adder --version 0.0.1 -f --remote ${server.origin}\n`);
  });

  test('survives failed looks at the deployment', async () => {
    answerInTurn(phase('building image'), 'cut-off', 'cut-off', DONE);

    const result = await cli.run(['deploy']);

    expect(result.exitCode).toBe(0);
    expect(result.stderr.match(/warning: no answer from the server/g)).toHaveLength(1);
  });

  test('reports a failed deployment with its code, hint and the end of the build log', async () => {
    answerInTurn({
      ...phase('x'),
      status: 'FAILED',
      error: 'no\nmodule',
      error_code: 'BUILD_FAILED',
      hint: 'Look.',
    });
    routes[`GET ${API}/deploy/d-1/build-logs`] = ({ url }) => ({
      body: { logs: url.endsWith('=0') ? 'pip install\nboom\n' : '', next_offset: 17, complete: true },
    });

    const result = await cli.run(['deploy']);

    expect(result).toMatchObject({ exitCode: 6, stdout: '' });
    expect(result.stderr).toBe(
      'deployment d-1 (cancel: racetrack cancel d-1)\n  pip install\n  boom\nerror: deployment error: no\nmodule\nhint: Look.\n',
    );
  });

  test('reports a failure of a server of the original', async () => {
    answerInTurn({ id: 'd-1', status: 'failed', error: 'broken', job_name: 'adder', job_version: '0.0.1' });

    const result = await cli.run(['deploy']);

    expect(result.exitCode).toBe(6);
    expect(result.stderr).toContain('error: deployment error: broken\n');
    expect(result.stderr).toContain('racetrack build-logs adder --version 0.0.1');
  });

  test('the example remote of init is told apart from a repository that is away', async () => {
    answerInTurn({ id: 'd-1', status: 'failed', error: 'no such host', error_code: 'SOURCE_UNAVAILABLE' });
    await cli.write(
      'job.yaml',
      MANIFEST.replace('https://github.com/acme/job', 'https://git.example.com/you/adder'),
    );

    const result = await cli.run(['deploy']);

    expect(result.stderr).toContain('deployment error: no such host');
    expect(result.stderr).toContain('racetrack deploy --build-context local');
  });

  test('a lost deployment is not waited for', async () => {
    routes[`GET ${API}/deploy/d-1`] = { status: 404, body: { error: 'no deployment' } };

    expect(await cli.run(['deploy'])).toMatchObject({ exitCode: 3 });
  });

  test('streams the build log with -v to standard error', async () => {
    answerInTurn(phase('building image'), DONE);
    routes[`GET ${API}/deploy/d-1/build-logs`] = ({ url }) => ({
      body: url.endsWith('=0')
        ? { logs: 'step one\n', next_offset: 9, complete: false }
        : { logs: url.endsWith('=9') ? 'step two\n' : '', next_offset: 18, complete: true },
    });

    const result = await cli.run(['deploy', '-v', '--output', 'json']);

    expect(result.stderr).toMatch(/ {2}step one\n[^]* {2}step two\n/);
    expect(JSON.parse(result.stdout)).toMatchObject({ id: 'd-1', name: 'adder', version: '0.0.1' });
  });

  test('--watch looks at a deployment again without starting one', async () => {
    const result = await cli.run(['deploy', '--watch', 'd-1']);

    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Job "adder"') as string });
    expect(server.requests.map(({ method }) => method)).toEqual(['GET']);
  });

  test('refuses a wrong manifest before any request', async () => {
    await cli.write('job.yaml', MANIFEST.replace('adder', '""'));

    expect(await cli.run(['deploy'])).toMatchObject({ exitCode: 2, stdout: '' });
    expect(server.requests).toEqual([]);
  });

  test.each(['cannot read', 'A=1\nB=se$cret=\nnovalue\n'])(
    'never shows the content of a secret env file (%j)',
    async (content) => {
      await cli.write('.env', content);
      await cli.write('job.yaml', `${MANIFEST}secret_build_env_file: .env\n`);

      const result = await cli.run(['deploy']);

      expect(result).toMatchObject({ exitCode: 2 });
      expect(result.stderr).not.toMatch(/se\$cret/);
    },
  );
});

describe('a manifest on standard input', () => {
  const piped = MANIFEST.replace('adder', 'piped');

  test('is used when no WORKDIR is given, and said so', async () => {
    const result = await cli.run(['deploy'], { stdin: piped });

    expect(sentPayload()['manifest']).toMatchObject({ name: 'piped' });
    expect(result.stderr).toContain('Using the manifest from standard input.\n');
  });

  test('is used when asked for with -', async () => {
    await cli.run(['deploy', '-'], { stdin: piped, stdinKind: 'other' });

    expect(sentPayload()['manifest']).toMatchObject({ name: 'piped' });
  });

  test('never replaces a WORKDIR that was given', async () => {
    await cli.run(['deploy', '.'], { stdin: piped });

    expect(sentPayload()['manifest']).toMatchObject({ name: 'adder' });
  });

  test('that is empty falls through to the current directory', async () => {
    await cli.run(['deploy'], { stdin: '' });

    expect(sentPayload()['manifest']).toMatchObject({ name: 'adder' });
  });
});

describe('a local build context', () => {
  async function deployLocally(...argv: string[]) {
    const result = await cli.run(['deploy', '--build-context', 'local', ...argv], { isTerminal: true });
    const encoded = sentPayload()['build_context'];
    return { result, encoded, files: typeof encoded === 'string' ? await unpackBuildContext(encoded) : {} };
  }

  test('holds what the ignore rules leave, sorted, without secrets', async () => {
    await cli.write('.gitignore', '# comment\nsecrets/\n*.log\n');
    await cli.write('secrets/key.pem', 'x');
    await cli.write('deep/secrets/key.pem', 'x');
    await cli.write('a.log', 'x');
    await cli.write('conf/.env', 'A=1');
    await cli.write('b/main.py', 'print(1)');
    await cli.write('@scope.py', 'x');
    await cli.write('.git/HEAD', 'x');
    await cli.write('job.yaml', `${MANIFEST}secret_build_env_file: conf/.env\n`);
    await symlink('b/main.py', join(cli.cwd, 'link.py'));

    const { result, files } = await deployLocally();

    expect(Object.keys(files)).toEqual(['@scope.py', 'b/main.py', 'job.yaml', 'link.py']);
    expect(files).toMatchObject({ 'b/main.py': 'print(1)', 'link.py': '-> b/main.py' });
    expect(result.stderr).toMatch(/local build context encoded: 4 files, \d+ bytes\n/);
    expect(sentPayload()['secret_vars']).toMatchObject({ build_env: { A: '1' } });
  });

  test('is the same text for the same files', async () => {
    const first = await deployLocally();
    await cli.write('job.yaml', MANIFEST);
    server.requests.length = 0;
    const second = await deployLocally();

    expect(second.encoded).toBe(first.encoded);
  });

  test.each(['/etc/passwd', '../outside', 'inner/../../outside'])('refuses a link to %s', async (target) => {
    await symlink(target, join(cli.cwd, 'link'));

    const { result } = await deployLocally();

    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain(`error: the link link leads out of the build context: ${target}`);
  });

  test('refuses a link that leaves through another link', async () => {
    await mkdir(join(cli.cwd, 'a/b'), { recursive: true });
    await mkdir(join(cli.cwd, '../outside'));
    await symlink('../..', join(cli.cwd, 'a/b/up'));
    await symlink('a/b/up/../outside', join(cli.cwd, 'link'));

    expect((await deployLocally()).result.exitCode).toBe(2);
  });

  test('is the default for sample jobs on this machine only', async () => {
    const sample = MANIFEST.replace('bob@example.com', 'sample@example.com');
    await cli.write('job.yaml', sample);

    const result = await cli.run(['deploy'], { isTerminal: true });

    expect(result.stderr).toContain('using local build context due to deploying to localhost\n');
    expect(sentPayload()['build_context']).toMatch(/^H4sI/);
    server.requests.length = 0;
    await cli.run(['deploy', '--build-context', 'git']);
    expect(sentPayload()['build_context']).toBeNull();
  });
});

describe('work that is not pushed', () => {
  test('is warned about when the server fetches from git', async () => {
    execFileSync('git', ['init', '-q', cli.cwd]);

    const result = await cli.run(['deploy']);
    const local = await cli.run(['deploy', '--build-context', 'local']);

    const text =
      'warning: the working directory has 1 uncommitted file (job.yaml), but the server builds what is pushed to';
    expect(result.stderr).toContain(text);
    expect(local.stderr).not.toContain(text);
  });

  test('is noticed on a branch that tracks none, too', async () => {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: cli.cwd });
    const identity = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com'];
    git('init', '-q');
    git('add', '.');
    git(...identity, 'commit', '-q', '-m', 'pushed without -u');
    git('update-ref', 'refs/remotes/origin/main', 'HEAD');
    const pushed = await cli.run(['deploy']);
    git(...identity, 'commit', '-q', '--allow-empty', '-m', 'not pushed');
    const ahead = await cli.run(['deploy']);

    expect(pushed.stderr).not.toContain('unpushed');
    expect(ahead.stderr).toContain('warning: the working directory has 1 unpushed commit, but the server');
  });

  // What comes before "=" and after it, and letter case: nothing in a name may make it escape.
  test.each(['evil', 'Evil=x.clean', 'zoë"\\', '-c'])('a checkout runs no filter %s', async (name) => {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: cli.cwd });
    const proof = join(cli.cwd, '../ran');
    git('init', '-q');
    git('add', '.');
    const subsection = name.replaceAll(/["\\]/g, String.raw`\$&`);
    const settings = ['clean', 'process'].map((setting) => `${setting} = "touch '${proof}'; cat"\n`).join('');
    await appendFile(join(cli.cwd, '.git/config'), `[filter "${subsection}"]\n${settings}required\n`);
    await cli.write('.git/info/attributes', `job.yaml filter=${name}\n`);
    await cli.write('job.yaml', MANIFEST.replace('bob@', 'bot@'));

    const result = await cli.run(['deploy']);

    expect(result.stderr).toContain('1 uncommitted file (job.yaml)');
    await expect(access(proof)).rejects.toThrow('ENOENT');
  });

  test.each(['ssh://x/y', 'none::x', '::x'])('a partial checkout fetches nothing from %s', async (url) => {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: cli.cwd, encoding: 'utf8' });
    const proof = join(cli.cwd, '../ran');
    git('init', '-q');
    git('add', '.');
    git('-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', 'commit', '-q', '-m', 'first');
    const tree = git('rev-parse', 'HEAD^{tree}').trim();
    await rm(join(cli.cwd, '.git/objects', tree.slice(0, 2), tree.slice(2)));
    await appendFile(
      join(cli.cwd, '.git/config'),
      `[core]\nrepositoryformatversion = 1\nsshCommand = "touch '${proof}' #"\n` +
        `[extensions]\npartialClone = origin\n[remote "origin"]\npromisor\nurl = "${url}"\n` +
        `[alias]\nremote-none = "!touch '${proof}' #"\nremote- = "!touch '${proof}' #"\n`,
    );
    await cli.write('new.py', '');
    git('add', 'new.py');

    expect((await cli.run(['deploy'])).exitCode).toBe(0);

    await expect(access(proof)).rejects.toThrow('ENOENT');
  });

  test('a checkout runs nothing of its submodules, whose new commits count', async () => {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: cli.cwd, stdio: 'pipe' });
    const identity = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com'];
    const proof = join(cli.cwd, '../ran');
    git('init', '-q');
    git('init', '-q', 'sub');
    git('-C', 'sub', ...identity, 'commit', '-q', '--allow-empty', '-m', 'first');
    git('add', '.');
    git(...identity, 'commit', '-q', '-m', 'first');
    git('-C', 'sub', ...identity, 'commit', '-q', '--allow-empty', '-m', 'second');
    await cli.write('sub/a.py', 'a');
    git('-C', 'sub', 'add', '.');
    git('-C', 'sub', 'config', 'filter.evil.clean', `touch '${proof}'; cat`);
    await cli.write('sub/.gitattributes', '* filter=evil');
    await cli.write('sub/a.py', 'b');

    const result = await cli.run(['deploy']);

    expect(result.stderr).toContain('1 uncommitted file (sub)');
    await expect(access(proof)).rejects.toThrow('ENOENT');
  });
});
