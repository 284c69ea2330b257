import { expect, test } from 'vitest';
import { selectHostEnvironment } from './host-environment.ts';

test('selectHostEnvironment leaves what belongs to the platform behind', () => {
  const harmless = {
    PATH: '/bin',
    HOME: '/home/me',
    LC_ALL: 'C',
    https_proxy: 'http://proxy:3128',
    PIP_INDEX_URL: 'https://index.example/simple',
    npm_config_registry: 'https://registry.example',
  };
  const own = {
    RACETRACK_ADMIN_PASSWORD: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
    DATABASE_URL: 'x',
    NODE_OPTIONS: '--require x',
    npm_config_unset: undefined,
  };

  expect(selectHostEnvironment({ ...harmless, ...own })).toEqual(harmless);
});
