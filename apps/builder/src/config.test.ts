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
    CARGO_REGISTRIES_MINE_TOKEN: 'x',
  });

  expect(config).toEqual({
    path: '/bin',
    gitEnv: { https_proxy: 'http://proxy', GIT_SSL_CAINFO: '/ca' },
    stepEnv: { https_proxy: 'http://proxy', PIP_INDEX_URL: 'https://index' },
    indexSettings: { PIP_INDEX_URL: 'https://index' },
  });
});

test.each([
  'GOPROXY',
  'GOPRIVATE',
  'GONOSUMDB',
  'GOSUMDB',
  'npm_config_registry',
  'NPM_CONFIG_REGISTRY',
  'CARGO_REGISTRIES_MINE_INDEX',
  'CARGO_SOURCE_CRATES_IO_REPLACE_WITH',
  'CARGO_SOURCE_MIRROR_REGISTRY',
])('loadConfig hands the index of every language to build steps: %s', (name) => {
  const config = loadConfig({ [name]: 'https://index.example' });

  expect(config.stepEnv).toEqual({ [name]: 'https://index.example' });
  expect(config.indexSettings).toEqual(config.stepEnv);
});
