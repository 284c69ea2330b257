import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pythonManifest } from './job-repository.ts';
import { ADMIN_PASSWORD, Platform } from './platform.ts';

const run = promisify(execFile);
const FUZZER = 'schemathesis==4.32.5';
const CHECKS = fileURLToPath(new URL('../fixtures/fuzz', import.meta.url));
const OTHERS_PASSWORD = 'somebody-elses-Pass-1';

/**
 * What would cut the fuzzer off: it would go on as somebody else. `deploy` and `build` start real work; their bodies
 * have tests of their own.
 */
const LEFT_OUT = 'regenerate|change_password|logout|/deploy$|/build$|keys|/events$|maintenance';

/**
 * Tests that send what the OpenAPI document describes, and what it forbids, as nobody, a user, an external service and
 * an administrator.
 *
 * @param seconds - for each of them.
 */
export function describeFuzzing(seconds: number): void {
  const timeoutMs = 60_000 + 4_000 * seconds;
  describe('the API', () => {
    let platform: Platform;
    let program: string;
    const tokens: Record<string, string> = {};

    async function call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
      const response = await fetch(`${platform.endpoints.lifecycle}/api/v1/${path}`, {
        method,
        headers: { 'content-type': 'application/json', 'x-racetrack-auth': tokens['administrator'] ?? '' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return JSON.parse(text) as Record<string, unknown>;
    }

    async function addUser(username: string, password: string): Promise<string> {
      await call('POST', 'users/register', { username, password });
      await call('PATCH', `users/${username}`, { is_active: true });
      return String((await call('POST', 'users/login', { username, password }))['token']);
    }

    beforeAll(async () => {
      platform = await Platform.start();
      const venv = join(platform.directory, 'fuzzer');
      await run('python3', ['-m', 'venv', venv]);
      await run(join(venv, 'bin/pip'), ['install', '--quiet', FUZZER], { timeout: 170_000 });
      program = join(venv, 'bin/st');
      tokens['administrator'] = await platform.login();
      tokens['user'] = await addUser('user@example.com', 'a-users-Pass-1');
      tokens['somebody else'] = await addUser('else@example.com', OTHERS_PASSWORD);
      const esc = await call('POST', 'escs', { name: 'partner' });
      tokens['external service'] = String(
        (await call('GET', `auth/token/esc/${String(esc['id'])}`))['token'],
      );
      tokens['nobody'] = '';
      const folder = join(platform.directory, 'classified');
      await mkdir(folder);
      const manifest = pythonManifest({
        name: 'classified',
        version: '1.0.0',
        remote: 'https://git.example.com/x',
      });
      await writeFile(join(folder, 'job.yaml'), manifest);
      await writeFile(
        join(folder, 'job.py'),
        'class JobEntrypoint:\n    def perform(self):\n        return 42\n',
      );
      expect(await platform.cli(['deploy', folder, '--build-context', 'local'])).toMatchObject({ code: 0 });
    }, 240_000);

    afterAll(async () => await platform[Symbol.asyncDispose]());

    test.each(['nobody', 'user', 'external service', 'administrator'])(
      'answers %s without an error of its own, and explains every refusal',
      async (subject) => {
        const token = tokens[subject] ?? '';
        // Administrators hand out the tokens of external services.
        const known = subject === 'administrator' ? [token, tokens['external service']] : [token];
        const foreign = Object.values(tokens).filter((text) => text !== '' && !known.includes(text));
        const hidden = ['nobody', 'external service'].includes(subject) ? ['classified'] : [];
        const args = ['run', `${platform.endpoints.lifecycle}/lifecycle/openapi.json`];
        args.push('--url', `${platform.endpoints.lifecycle}/lifecycle`, '--no-color', '--no-shrink');
        args.push('--phases', 'coverage,fuzzing', '--max-time', String(seconds), '--max-examples', '10');
        args.push('--checks', 'not_a_server_error,explains_refusals,keeps_secrets');
        args.push(
          '--request-timeout',
          '20',
          '--exclude-path-regex',
          LEFT_OUT,
          '--suppress-health-check',
          'all',
        );
        if (token !== '') args.push('--header', `X-Racetrack-Auth:${token}`);
        const env = {
          ...process.env,
          PYTHONPATH: CHECKS,
          SCHEMATHESIS_HOOKS: 'racetrack_checks',
          FORBIDDEN_TEXTS: [...foreign, ADMIN_PASSWORD, OTHERS_PASSWORD, ...hidden].join('\n'),
        };

        const found = await run(program, args, {
          cwd: platform.directory,
          env,
          maxBuffer: 64_000_000,
          timeout: timeoutMs,
        }).then(
          () => '',
          (error: { stdout?: string; stderr?: string }) => `${error.stdout}${error.stderr}`,
        );

        expect(found).toBe('');
        const ready = await fetch(`${platform.endpoints.lifecycle}/ready`);
        expect(ready.status).toBe(200);
      },
      timeoutMs,
    );
  });
}
