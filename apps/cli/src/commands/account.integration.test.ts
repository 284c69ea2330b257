import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { API, createServedCli, type ServedCli } from '../testing/served-cli.ts';

let served: ServedCli;
let { cli, server, routes, logIn } = {} as ServedCli;

beforeEach(async () => {
  served = await createServedCli();
  ({ cli, server, routes, logIn } = served);
});

afterEach(async () => await served[Symbol.asyncDispose]());

describe('login', () => {
  test('stores a token that the server accepts, in a file for the owner alone', async () => {
    routes[`GET ${API}/users/validate_user_auth`] = { body: { username: 'bob' } };

    const result = await cli.run(['login', 'tok', '--remote', server.origin], { isTerminal: true });

    expect(result).toMatchObject({ exitCode: 0, stdout: '' });
    expect(result.stderr).toBe(`Logged as user bob to Racetrack: ${server.origin}/lifecycle\n`);
    expect(server.requests[0]?.headers['x-racetrack-auth']).toBe('tok');
    expect(await cli.readConfig()).toContain(`${server.origin}/lifecycle: tok`);
  });

  test('reads the token from standard input', async () => {
    routes[`GET ${API}/users/validate_user_auth`] = { body: { username: 'bob' } };

    await cli.run(['login', '-', '--remote', server.origin], { stdin: 'tok\n' });

    expect(server.requests[0]?.headers['x-racetrack-auth']).toBe('tok');
  });

  test('asks for a password and sends no token with it', async () => {
    routes[`POST ${API}/users/login`] = { body: { username: 'bob', token: 'new' } };
    await logIn();

    const result = await cli.run(['login', '--username', 'bob'], { stdinKind: 'terminal', answer: 'pw' });

    expect(result).toMatchObject({ exitCode: 0, prompts: ['Enter your password for user bob: '] });
    expect(server.requests[0]).toMatchObject({ body: '{"username":"bob","password":"pw"}' });
    expect(server.requests[0]?.headers).not.toHaveProperty('x-racetrack-auth');
    expect(await cli.readConfig()).toContain('/lifecycle: new');
  });

  test('says which of both was wrong and stores nothing', async () => {
    routes[`GET ${API}/users/validate_user_auth`] = { status: 401, body: { error: 'no such token' } };
    routes[`POST ${API}/users/login`] = { status: 401, body: { error: 'no' } };
    const remote = ['--remote', server.origin];

    const byToken = await cli.run(['login', 'secret-token', ...remote]);
    const byPassword = await cli.run(['login', '--username', 'bob', ...remote], { stdin: 'secret-pw\n' });

    expect(byToken).toMatchObject({ exitCode: 4 });
    expect(byToken.stderr).toContain('error: authentication error: Invalid Auth Token');
    expect(byPassword.stderr).toContain('error: authentication error: Incorrect username or password');
    expect(byToken.stderr + byPassword.stderr).not.toMatch(/secret/);
    await expect(cli.readConfig()).rejects.toThrow('ENOENT');
  });

  test('refuses what cannot be a token without showing it', async () => {
    const result = await cli.run(['login', 'se\ncret', '--remote', server.origin]);

    expect(result.exitCode).toBe(2);
    expect(result.stderr).not.toContain('cret');
  });
});

describe('logout', () => {
  test('forgets the token under every name of the server', async () => {
    await logIn();

    const result = await cli.run(['logout', server.origin.replace('127.0.0.1', 'localhost')]);

    expect(result.exitCode).toBe(0);
    expect(await cli.readConfig()).toContain('user_auths: {}');
    expect(await cli.run(['logout'])).toMatchObject({ exitCode: 3 });
  });
});

describe('set and get', () => {
  test('share one configuration', async () => {
    await cli.run(['set', 'alias', 'docker', 'http://127.0.0.1:7102/']);
    await cli.run(['set', 'remote', 'docker']);
    await cli.run(['set', 'credentials', 'https://github.com/acme/', 'bob', '-'], { stdin: 'pw\n' });

    expect(await cli.readConfig()).toBe(
      [
        'git_credentials:',
        '  https://github.com/acme:',
        '    password: pw',
        '    username: bob',
        'lifecycle_url: docker',
        'lifecycle_url_aliases:',
        '  docker: http://127.0.0.1:7102',
        'user_auths: {}',
        '',
      ].join('\n'),
    );
    expect((await cli.run(['get', 'remote'])).stdout).toBe('http://127.0.0.1:7102/lifecycle\n');
    expect((await cli.run(['get', 'remote'], { isTerminal: true })).stdout).toBe(
      'Current remote is "docker", resolving to http://127.0.0.1:7102/lifecycle\n',
    );
  });

  test('get pub and get auth-token print clean values when piped', async () => {
    await logIn();

    expect(await cli.run(['get', 'pub'])).toMatchObject({ stdout: 'http://pub.example/pub\n', stderr: '' });
    expect(await cli.run(['get', 'auth-token'])).toMatchObject({ stdout: 'tok\n', stderr: '' });
    expect((await cli.run(['get', 'pub'], { isTerminal: true })).stdout).toBe(
      'Current Pub URL is: http://pub.example/pub\n',
    );
  });

  test('get config masks secrets unless asked', async () => {
    await cli.writeConfig(
      'user_auths: {"http://h/lifecycle": tok}\ngit_credentials: {h: {username: u, password: pw}}\n',
    );

    const masked = await cli.run(['get', 'config']);
    const shown = await cli.run(['get', 'config', '--show-secrets', '--output', 'json']);

    expect(masked.stdout).toMatch(/lifecycle: "?\*\*\*/);
    expect(masked.stdout).not.toMatch(/tok|pw/);
    expect(JSON.parse(shown.stdout)).toMatchObject({ user_auths: { 'http://h/lifecycle': 'tok' } });
  });
});
