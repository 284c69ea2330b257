import { expect, test } from 'vitest';
import { nameLocally } from './name-locally.ts';

test('nameLocally names an address that everything can connect to', () => {
  expect(
    nameLocally({
      pub: 'http://0.0.0.0:7005',
      lifecycle: 'http://[::]:7002',
      dashboard: 'http://10.0.0.1:7003',
    }),
  ).toEqual({
    pub: 'http://127.0.0.1:7005',
    lifecycle: 'http://[::1]:7002',
    dashboard: 'http://10.0.0.1:7003',
  });
});
