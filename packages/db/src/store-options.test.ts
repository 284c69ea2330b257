import { expect, test } from 'vitest';
import { describeStore, readStoreOptions } from './index.ts';
import { parsePostgresUrl } from './postgres/postgres-url.ts';

const read = (env: Record<string, string>) => readStoreOptions(env, '/data/racetrack.db');
const SECRET = 's3cret/with#signs';
const URL_OF_SHOP = `postgresql://bob:${encodeURIComponent(SECRET)}@db.example:6543/shop`;

test('without a DATABASE_URL the store is a file', () => {
  expect(read({})).toEqual({ kind: 'sqlite', path: '/data/racetrack.db' });
  expect(read({ DATABASE_URL: '' })).toMatchObject({ kind: 'sqlite' });
  expect(describeStore(read({}))).toBe('SQLite /data/racetrack.db');
});

test('with one it is PostgreSQL, shown without credentials', () => {
  const options = read({ DATABASE_URL: URL_OF_SHOP, RACETRACK_DATABASE_POOL_SIZE: '9' });

  expect(options).toMatchObject({ kind: 'postgres', poolSize: 9 });
  expect(describeStore(options)).toBe('PostgreSQL database shop at db.example:6543');
});

test.each([
  ['postgres://h/d', { host: 'h', port: 5432, database: 'd', tls: 'disable' }],
  ['postgres://u@[::1]:7/d?sslmode=verify-full', { host: '::1', port: 7, user: 'u', tls: 'verify-full' }],
  ['postgres://u@/d?host=/run/pg', { host: '/run/pg', user: 'u', database: 'd' }],
  ['postgres:///d?host=%2Frun%2Fpg', { host: '/run/pg', database: 'd' }],
  [URL_OF_SHOP, { user: 'bob', password: SECRET, host: 'db.example', port: 6543, database: 'shop' }],
])('%s is understood', (url, expected) => {
  expect(parsePostgresUrl({ url })).toMatchObject(expected);
});

test.each([
  ['mysql://u:s3cret@h/d', 'is not a URL of PostgreSQL'],
  ['postgres://u:s3cret/x@h/d', 'is not a URL of PostgreSQL'],
  ['postgres://u:s3cret@h', 'names no database'],
  ['postgres://u:s3cret@/d', 'names no host'],
  ['postgres://u:s3cret@h/d?sslmode=prefer', 'unknown sslmode'],
  ['postgres://u:s3cret@h/d?options=-cx', '"options"'],
  ['postgres://u:s3cret%@h/d', 'wrong percent sign'],
])('%s is refused without showing the password', (url, problem) => {
  const attempt = () => read({ DATABASE_URL: url });

  expect(attempt).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  expect(attempt).toThrow(problem);
  expect(attempt).not.toThrow('s3cret');
});

test.each([
  ['RACETRACK_DATABASE_POOL_SIZE', '0'],
  ['RACETRACK_DATABASE_POOL_SIZE', 'many'],
  ['RACETRACK_DATABASE_TLS', 'yes'],
  ['RACETRACK_DATABASE_CA_FILE', '/nowhere/ca.pem'],
  ['RACETRACK_DATABASE_CA_FILE', import.meta.dirname],
])('%s=%s is refused by name', (name, value) => {
  const attempt = () => read({ DATABASE_URL: 'postgres://h/d', [name]: value });

  expect(attempt).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  expect(attempt).toThrow(name);
});
