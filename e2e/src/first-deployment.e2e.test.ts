import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADMIN_PASSWORD, Platform } from './support/platform.ts';
import { commitFiles, createRepository } from './support/job-repository.ts';

const sample = fileURLToPath(new URL('../../sample/python-class', import.meta.url));

describe('a newcomer with an empty data directory', () => {
  let platform: Platform;
  let token: string;
  let repository: string;

  beforeAll(async () => {
    platform = await Platform.start();
    repository = await createRepository(join(platform.directory, 'repository'), { 'README.md': 'jobs\n' });
    await cp(sample, join(repository, 'sample/python-class'), { recursive: true });
    await commitFiles(repository, {});
    token = await platform.login();
  });

  afterAll(async () => await platform[Symbol.asyncDispose]());

  test('deploys a Python job from a git repository with the CLI', async () => {
    const result = await platform.cli(
      ['deploy', '.', '-e', `git.remote=file://${repository}`, '--build-context', 'git'],
      {
        cwd: join(repository, 'sample/python-class'),
      },
    );

    expect(result).toMatchObject({ code: 0 });
    expect(result.stdout + result.stderr).toContain('/pub/job/adder/');
  });

  test('gets 42 through pub with the CLI', async () => {
    const result = await platform.cli(['call', 'adder', '/api/v1/perform', '{"numbers": [40, 2]}']);

    expect(result).toMatchObject({ code: 0 });
    expect(result.stdout.trim()).toBe('42');
  });

  test('gets 42 through pub with plain HTTP, by exact version and by alias', async () => {
    for (const version of ['latest', '0.0.x', 'x']) {
      const response = await platform.call(`adder/${version}/api/v1/perform`, token, { numbers: [40, 2] });

      expect([version, response.status, await response.json()]).toEqual([version, 200, 42]);
    }
  });

  test('is told how to log in when a call has no token', async () => {
    const response = await platform.call('adder/latest/api/v1/perform', undefined, {});

    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({
      error: 'Proxy request error: Unauthenticated: no header X-Racetrack-Auth: not logged in',
      code: 'NOT_AUTHENTICATED',
    });
  });

  test('opens the Swagger page in a browser session after signing in on the dashboard port', async () => {
    const signIn = await fetch(`${platform.endpoints.lifecycle}/api/v1/users/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'admin', password: ADMIN_PASSWORD }),
    });
    const cookie = signIn.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const page = await fetch(`${platform.endpoints.pub}/pub/job/adder/latest/docs`, { headers: { cookie } });

    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    const html = await page.text();
    expect(html).toContain('swagger-ui');
    expect(html).not.toMatch(/(?:src|href)="https?:/);
  });

  test('sees the job, its logs and its build log', async () => {
    const list = await platform.cli(['list', '--output', 'json']);
    expect(JSON.parse(list.stdout)).toMatchObject([{ name: 'adder', status: 'running' }]);

    const logs = await platform.cli(['logs', 'adder', '--tail', '50']);
    expect(logs).toMatchObject({ code: 0 });
    const buildLogs = await platform.cli(['build-logs', 'adder']);
    expect(buildLogs).toMatchObject({ code: 0 });
    expect(buildLogs.stdout.length).toBeGreaterThan(0);
  });

  test('finds every port live, ready and measured', async () => {
    for (const url of Object.values(platform.endpoints)) {
      for (const path of ['/live', '/ready', '/health', '/metrics']) {
        const response = await fetch(new URL(path, url));
        expect([url, path, response.status]).toEqual([url, path, 200]);
      }
    }
  });
});
