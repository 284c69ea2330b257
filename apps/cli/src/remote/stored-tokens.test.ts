import { expect, test } from 'vitest';
import { clientConfigSchema } from '../config-file/client-config.ts';
import { findToken, withoutToken, withToken } from './stored-tokens.ts';

const config = clientConfigSchema.parse({
  user_auths: { 'http://localhost:7002/lifecycle': 'local', 'https://far/lifecycle': 'far' },
});

test('findToken takes localhost, 127.0.0.1 and [::1] for one server', () => {
  expect(findToken(config, 'http://127.0.0.1:7002/lifecycle')).toBe('local');
  expect(findToken(config, 'http://[::1]:7002/lifecycle')).toBe('local');
  expect(findToken(config, 'http://localhost:7003/lifecycle')).toBeUndefined();
});

test('findToken is not fooled by names of the prototype', () => {
  expect(findToken(config, 'constructor')).toBeUndefined();
});

test('withToken renews every way to write the server and leaves the others', () => {
  expect(withToken(config, 'http://127.0.0.1:7002/lifecycle', 'new').user_auths).toEqual({
    'http://localhost:7002/lifecycle': 'new',
    'http://127.0.0.1:7002/lifecycle': 'new',
    'https://far/lifecycle': 'far',
  });
});

test('withoutToken removes every way to write the server, and answers undefined when there is none', () => {
  expect(withoutToken(config, 'http://[::1]:7002/lifecycle')?.user_auths).toEqual({
    'https://far/lifecycle': 'far',
  });
  expect(withoutToken(config, 'https://other/lifecycle')).toBeUndefined();
});
