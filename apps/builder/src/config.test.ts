import { expect, test } from 'vitest';
import { loadConfig } from './config.ts';

test('loadConfig lets through proxies and indexes, and nothing else', () => {
  const config = loadConfig({
    PATH: '/bin',
    https_proxy: 'http://proxy',
    PIP_INDEX_URL: 'https://index',
    GIT_SSL_CAINFO: '/ca',
    GIT_SSL_NO_VERIFY: '1',
    PIP_TARGET: '/elsewhere',
    RACETRACK_ADMIN_PASSWORD: 'x',
    PIP_CERT: '',
  });

  expect(config).toEqual({
    path: '/bin',
    gitEnv: { https_proxy: 'http://proxy', GIT_SSL_CAINFO: '/ca' },
    stepEnv: { https_proxy: 'http://proxy', PIP_INDEX_URL: 'https://index' },
    indexSettings: { PIP_INDEX_URL: 'https://index' },
  });
});
