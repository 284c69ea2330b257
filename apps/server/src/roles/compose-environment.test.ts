import { describe, expect, test } from 'vitest';
import { loadConfig } from '../config.ts';
import { composeEnvironment } from './compose-environment.ts';

describe('composeEnvironment', () => {
  test('gives the password of the first account to control alone', () => {
    const env = { RACETRACK_ADMIN_PASSWORD: 'secret', PATH: '/bin' };

    expect(composeEnvironment('pub', loadConfig({}, {}), env, {})).not.toHaveProperty(
      'RACETRACK_ADMIN_PASSWORD',
    );
    expect(composeEnvironment('control', loadConfig({}, {}), env, {})).toMatchObject(env);
  });

  test('gives the keys to control alone', () => {
    const env = { RACETRACK_AUTH_KEY: 'a-key-from-outside', RACETRACK_SECRETS_KEY: 'ab'.repeat(32) };

    expect(Object.keys(composeEnvironment('pub', loadConfig({}, {}), env, {})).join()).not.toMatch(/_KEY/);
    expect(composeEnvironment('control', loadConfig({}, {}), env, {})).toMatchObject(env);
  });

  test('gives the way to the database to control alone', () => {
    const env = { DATABASE_URL: 'postgres://user:secret@db/racetrack', RACETRACK_DATABASE_TLS: 'verify' };

    expect(Object.keys(composeEnvironment('pub', loadConfig({}, {}), env, {})).join()).not.toMatch(
      /DATABASE/,
    );
    expect(composeEnvironment('control', loadConfig({}, {}), env, {})).toMatchObject(env);
  });

  test('a restarted child gets the port that the first one had found', () => {
    const config = loadConfig({ pubPort: '0' }, {});

    expect(composeEnvironment('pub', config, {}, {})).toMatchObject({ RACETRACK_PUB_PORT: '0' });
    expect(composeEnvironment('pub', config, {}, { pub: 'http://127.0.0.1:4711' })).toMatchObject({
      RACETRACK_PUB_PORT: '4711',
    });
  });

  test.each([
    [{ host: '0.0.0.0' }, {}, 'http://127.0.0.1:7005/pub'],
    [{ host: '::1' }, {}, 'http://[::1]:7005/pub'],
    [{ externalPubUrl: 'https://jobs.example.com/pub' }, {}, 'https://jobs.example.com/pub'],
    [{ pubPort: '0' }, {}, undefined],
    [{ pubPort: '0' }, { pub: 'http://127.0.0.1:1' }, 'http://127.0.0.1:1/pub'],
  ])('with %j and %j users reach jobs at %s', (flags, endpoints, url) => {
    const env = composeEnvironment('control', loadConfig(flags, {}), {}, endpoints);

    expect(env['RACETRACK_EXTERNAL_PUB_URL']).toBe(url);
  });
});
