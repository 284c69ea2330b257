import { describe, expect, test } from 'vitest';
import { createTables } from '../feed/tables.ts';
import { buildGrant, buildJob, buildSubject, buildToken } from '../testing/records.ts';
import { decideCall, type Decision } from './decide-call.ts';

const NOW_MS = 1_000_000;

function decide(
  target: string,
  token?: string,
  method = 'GET',
  others: Readonly<Record<string, string>> = {},
): Decision {
  const tables = createTables('store', 1);
  tables.put(buildJob({ publicEndpoints: ['/open'] }));
  tables.put(buildJob({ name: 'other' }));
  tables.put(buildSubject('alice'));
  tables.put(buildSubject('bob', [buildGrant({ jobId: 'adder-1.0.0', endpoint: '/api' })]));
  tables.put(buildToken('alice-token', 'alice'));
  tables.put(buildToken('bob-token', 'bob'));
  tables.put(buildToken('old-token', 'alice', NOW_MS));
  tables.put(buildToken('young-token', 'alice', NOW_MS + 1));
  tables.put(buildToken('ghost-token', 'ghost'));
  const readHeader = (name: string) => (name === 'x-racetrack-auth' ? token : others[name]);
  return decideCall(tables, { method, target, readHeader, isFromTrustedProxy: () => false }, NOW_MS);
}

function errorOf(decision: Decision): [string, string] {
  return decision.kind === 'refused' ? [decision.error.code, decision.error.message] : [decision.kind, ''];
}

const REFUSED = 'Proxy request error: Unauthenticated: ';

describe('decideCall', () => {
  test('forwards what it authorised, under the exact version', () => {
    expect(decide('/job/adder/latest/a%2Fb/?q', 'alice-token')).toMatchObject({
      kind: 'call',
      call: { path: '/pub/job/adder/1.0.0/a%2Fb/?q', endpoint: '/a%2Fb', caller: 'User alice' },
    });
  });

  test.each([
    [undefined, 'NOT_AUTHENTICATED', `${REFUSED}no header X-Racetrack-Auth: not logged in`],
    ['', 'NOT_AUTHENTICATED', `${REFUSED}no header X-Racetrack-Auth: not logged in`],
    ['unknown', 'NOT_AUTHENTICATED', `${REFUSED}wrong credentials: token is unknown or was revoked`],
    ['old-token', 'NOT_AUTHENTICATED', `${REFUSED}given access token has expired`],
    [
      'ghost-token',
      'NOT_AUTHENTICATED',
      `${REFUSED}wrong credentials: the owner of this token is not active`,
    ],
    [
      'bob-token',
      'PERMISSION_DENIED',
      `${REFUSED}no permission to do this operation: auth subject "User bob" does not have permission to access endpoint / at resource "adder v1.0.0" with scope "call_job"`,
    ],
  ])('refuses token %j as %s', (token, code, message) => {
    expect(errorOf(decide('/job/adder/1.0.0', token))).toEqual([code, message]);
  });

  test('the hint of a denial is the command that an administrator has to run', () => {
    const hintOf = (target: string) => {
      const decision = decide(target, 'bob-token');
      return decision.kind === 'refused' ? decision.error.hint : undefined;
    };
    expect(hintOf('/job/adder/1.0.0')).toMatch(
      /: racetrack permission grant user:bob call_job --job adder\/1\.0\.0$/,
    );
    expect(hintOf('/job/adder/latest')).toMatch(/ user:bob call_job --family adder$/);
  });

  test.each([[undefined], ['unknown'], ['old-token']])(
    'tells nobody with token %j whether a job exists',
    (token) => {
      expect(errorOf(decide('/job/nobody/1.0.0/live', token))).toEqual(
        errorOf(decide('/job/adder/1.0.0', token)),
      );
    },
  );

  test('names the missing job to somebody it knows', () => {
    expect(errorOf(decide('/job/nobody/1.0.0', 'bob-token'))).toEqual([
      'JOB_NOT_FOUND',
      'Proxy request error: Job was not found: No job named nobody',
    ]);
  });

  test.each([
    ['/live', 'call'],
    ['/ready/', 'call'],
    ['/health?x', 'call'],
    ['/open', 'call'],
    ['/open/below', 'call'],
    ['/opener', 'refused'],
    ['/open%2Fbelow', 'refused'],
    ['/live/x', 'refused'],
    ['//live', 'refused'],
    ['/open/../secret', 'refused'],
  ])('without a token %s is %s', (rest, kind) => {
    expect(decide(`/job/adder/1.0.0${rest}`).kind).toBe(kind);
  });

  test('a public endpoint has no caller, whoever calls', () => {
    expect(decide('/job/adder/1.0.0/open', 'alice-token')).toMatchObject({ call: { caller: undefined } });
  });

  test.each([
    ['/job/adder/1.0.0/api', 'call'],
    ['/job/adder/1.0.0/api/', 'call'],
    ['/job/adder/latest/%61pi', 'call'],
    ['/job/adder/1.0.0/api/x', 'refused'],
    ['/job/other/1.0.0/api', 'refused'],
  ])('a grant on one endpoint of one job makes %s a %s', (target, kind) => {
    expect(decide(target, 'bob-token').kind).toBe(kind);
  });

  test.each([
    ['POST', 'https://evil.example', 'refused'],
    ['POST', 'http://pub.example:7003', 'refused'],
    ['POST', 'null', 'refused'],
    ['DELETE', 'https://evil.example', 'refused'],
    ['POST', 'http://pub.example:7005', 'call'],
    ['GET', 'https://evil.example', 'call'],
  ])('%s with the session cookie, from a page of %s, is a %s', (method, origin, kind) => {
    const headers = { host: 'pub.example:7005', cookie: 'X-Racetrack-Auth=alice-token', origin };
    expect(decide('/job/adder/1.0.0', undefined, method, headers).kind).toBe(kind);
    expect(decide('/job/adder/1.0.0', 'alice-token', method, { ...headers, cookie: 'a=b' }).kind).toBe(
      'call',
    );
  });

  test('a token is good until the millisecond it expires', () => {
    expect(decide('/job/adder/1.0.0', 'young-token').kind).toBe('call');
  });

  test('maintenance mode refuses everybody, probes included', () => {
    const tables = createTables('store', 1);
    tables.put(buildJob());
    tables.put({ kind: 'setting', id: 'maintenance_mode', value: true });
    const head = {
      method: 'GET',
      target: '/job/adder/1.0.0/live',
      readHeader: () => undefined,
      isFromTrustedProxy: () => false,
    };
    expect(errorOf(decideCall(tables, head, NOW_MS))[0]).toBe('MAINTENANCE');
    tables.put({ kind: 'setting', id: 'maintenance_message', value: 'Back at noon.' });
    expect(decideCall(tables, head, NOW_MS)).toMatchObject({ error: { hint: 'Back at noon.' } });
  });

  test.each([
    ['GET', '/live', 'page'],
    ['HEAD', '/pub/health', 'page'],
    ['POST', '/health', 'unknown'],
    ['GET', '/nowhere', 'unknown'],
  ])('%s %s is a %s', (method, target, kind) => {
    expect(decide(target, undefined, method).kind).toBe(kind);
  });
});
