import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from './config.ts';

describe('loadConfig', () => {
  test('runs everything on this machine when nothing is said', () => {
    expect(loadConfig({}, {})).toEqual({
      dataDir: path.resolve('.racetrack'),
      host: '127.0.0.1',
      lifecyclePort: 7002,
      dashboardPort: 7003,
      pubPort: 7005,
      roles: ['pub', 'control'],
      keepJobs: false,
      tutorial: false,
      externalPubUrl: undefined,
      logLevel: 'info',
      isolation: 'auto',
      logFormat: 'text',
      plugin: [],
    });
  });

  test('a flag wins over its variable, and an empty variable counts as absent', () => {
    const env = { RACETRACK_PUB_PORT: '1', RACETRACK_LIFECYCLE_PORT: '', RACETRACK_KEEP_JOBS: 'true' };

    expect(loadConfig({ pubPort: '2' }, env)).toMatchObject({
      pubPort: 2,
      lifecyclePort: 7002,
      keepJobs: true,
    });
  });

  test('names every wrong setting by flag and variable at once', () => {
    expect(() => loadConfig({ pubPort: '70000', roles: 'pub,lifecycle' }, { RACETRACK_LOG: 'xml' })).toThrow(
      '--pub-port (RACETRACK_PUB_PORT) must be at most 65535; ' +
        '--roles (RACETRACK_ROLES) must be of pub, control, separated by commas; ' +
        'RACETRACK_LOG must be text or json',
    );
  });

  test('refuses one port for two purposes', () => {
    expect(() => loadConfig({ pubPort: '7002' }, {})).toThrow('are both 7002');
    expect(() => loadConfig({ pubPort: '0', lifecyclePort: '0' }, {})).not.toThrow();
  });

  test.each(['0.0.0.0', '192.168.1.4', '::', 'localhost.example.com', '127.example.com'])(
    'refuses tutorial mode on %s',
    (host) => {
      expect(() => loadConfig({ tutorial: true, host }, {})).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      );
    },
  );

  test.each(['127.0.0.1', '::1', 'localhost'])('allows tutorial mode on %s', (host) => {
    expect(loadConfig({ tutorial: true, host }, {}).tutorial).toBe(true);
  });
});
