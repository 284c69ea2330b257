import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderConfiguration } from './print-configuration.ts';
import { renderReference } from './render-reference.ts';
import { resolveConfiguration } from './resolve-configuration.ts';

const reference = fileURLToPath(new URL('../../../../docs/reference/configuration.md', import.meta.url));

describe('the configuration', () => {
  let folder: string;
  let path: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'racetrack-configuration-'));
    path = join(folder, 'config.yaml');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const resolve = async (yaml: string, env: Record<string, string> = {}, flags = {}) => {
    writeFileSync(path, yaml);
    return await resolveConfiguration({ config: path, ...flags }, env);
  };

  test('a flag wins over a variable, a variable over the file, the file over the default', async () => {
    const yaml = 'pub_port: 1\nlifecycle_port: 1\ndashboard_port: 1\ntrusted_proxies: [10.0.0.0/8, "::1"]\n';
    const { env, settings } = await resolve(
      yaml,
      { RACETRACK_PUB_PORT: '2', RACETRACK_LIFECYCLE_PORT: '2' },
      { pubPort: '3' },
    );
    const sourceOf = (key: string) => settings.find(({ setting }) => setting.key === key)?.source;

    expect(env).toMatchObject({
      RACETRACK_PUB_PORT: '3',
      RACETRACK_LIFECYCLE_PORT: '2',
      RACETRACK_DASHBOARD_PORT: '1',
      RACETRACK_TRUSTED_PROXIES: '10.0.0.0/8,::1',
    });
    expect(['pub_port', 'lifecycle_port', 'dashboard_port', 'host'].map(sourceOf)).toEqual([
      '--pub-port',
      'RACETRACK_LIFECYCLE_PORT',
      `${path}, dashboard_port`,
      'default',
    ]);
  });

  test("takes the original's file and addresses, and tells what means nothing here", async () => {
    const yaml = [
      'http_addr: 0.0.0.0',
      'http_port: 7202',
      'timeout_until_job_alive: 60',
      'allow_job_overwrite: true',
      'infrastructure_target: null',
      'docker_registry: 127.0.0.1:5000',
    ].join('\n');
    const { env, notices } = await resolve(yaml, {
      CLUSTER_FQDN: 'acme.example',
      EXTERNAL_PUB_URL: 'http://x/pub',
    });

    expect(env).toMatchObject({
      RACETRACK_HOST: '0.0.0.0',
      RACETRACK_LIFECYCLE_PORT: '7202',
      RACETRACK_ALIVE_TIMEOUT: '60',
      RACETRACK_ALLOW_JOB_OVERWRITE: 'true',
      RACETRACK_EXTERNAL_PUB_URL: 'https://racetrack.acme.example/pub',
      RACETRACK_EXTERNAL_LIFECYCLE_URL: 'https://racetrack.acme.example/lifecycle',
    });
    expect(env).not.toHaveProperty('RACETRACK_INFRASTRUCTURE_TARGET');
    expect(notices).toEqual([`docker_registry in ${path} means nothing here: no image registry is used`]);
  });

  test('says everything that is wrong at once, and shows no value', async () => {
    const yaml = 'pub_prt: 1\nlog_level: loud\nadmin_password: hunter2-hunter2\nhost: {a: 1}\n';
    const refusal: unknown = await resolve(yaml, {
      RACETRACK_BUILD_MEMORY_MAX: 'lots',
      RACETRACK_TRUSTED_PROXIES: 'proxy.example',
    }).catch((error: unknown) => error);

    expect(refusal).toMatchObject({ code: 'CONFIG_INVALID' });
    for (const part of [
      `pub_prt in ${path} is no setting: did you mean pub_port?`,
      'log_level must be one of debug, info, warn, error',
      `admin_password in ${path} is a secret, and others may read the file`,
      `host in ${path} must be a single value`,
      'RACETRACK_BUILD_MEMORY_MAX must be an amount',
      'RACETRACK_TRUSTED_PROXIES must be addresses or ranges',
    ]) {
      expect(String(refusal)).toContain(part);
    }
    expect(String(refusal)).not.toMatch(/hunter2|lots|loud|proxy\.example/);
  });

  test.each(['- a list\n', 'a: [\n', 'a: &x 1\nb: *x\n'])(
    'refuses a file that is no mapping: %j',
    async (yaml) => {
      await expect(resolve(yaml)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    },
  );

  test('refuses a file that is not there', async () => {
    await expect(resolveConfiguration({}, { CONFIG_FILE: join(folder, 'none') })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  test('is printed as a file that says the same, without secrets', async () => {
    writeFileSync(path, 'admin_password: hunter2-hunter2\n');
    chmodSync(path, 0o600);
    const { settings } = await resolveConfiguration(
      { config: path },
      {
        RACETRACK_PUB_PORT: '8000',
        RACETRACK_BUILD_MEMORY_MAX: '512Mi',
        RACETRACK_KEEP_JOBS: 'yes',
        RACETRACK_EXTERNAL_PUB_URL: 'https://user:pass@pub.example/pub',
        DATABASE_URL: 'postgres://bob:hunter3@db/racetrack',
      },
    );
    const text = renderConfiguration(settings);

    expect(text).toContain(`# config_file: ${path}   # `);
    expect(text).toContain('pub_port: 8000   # RACETRACK_PUB_PORT\n');
    expect(text).toContain('keep_jobs: true   # RACETRACK_KEEP_JOBS\n');
    expect(text).toContain('# log_level: info   # default\n');
    expect(text).toContain('# database_url: ***   # DATABASE_URL\n');
    expect(text).toContain(`# admin_password: ***   # ${path}, admin_password\n`);
    expect(text).not.toMatch(/hunter|pass@/);

    const again = await resolve(text);
    expect(again.env).toEqual({
      CONFIG_FILE: path,
      RACETRACK_PUB_PORT: '8000',
      RACETRACK_BUILD_MEMORY_MAX: '512Mi',
      RACETRACK_KEEP_JOBS: 'true',
    });
  });

  test('docs/reference/configuration.md is the table in the code (vitest --update writes it)', async () => {
    await expect(renderReference()).toMatchFileSnapshot(reference);
  });
});
