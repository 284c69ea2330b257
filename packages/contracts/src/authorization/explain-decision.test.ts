import { describe, expect, test } from 'vitest';
import { explainDecision } from './explain-decision.ts';
import type { Permission } from './permission.ts';
import { formatGrantCommand, formatSubjectRef, parseCaller, parseSubjectRef } from './subject-ref.ts';

const adder = { family: 'adder', jobId: 'job-1', endpoint: '/api/v1/perform' };
const held: Permission = { scope: 'call_job', family: 'adder', jobId: null, endpoint: null };

function explain(change: Partial<Parameters<typeof explainDecision>[0]>) {
  return explainDecision({
    permissions: [],
    scope: 'call_job',
    resource: adder,
    publicEndpoints: [],
    ...change,
  });
}

describe('explainDecision', () => {
  test('names the grant that allows', () => {
    expect(explain({ permissions: [held] })).toEqual({ rule: 'grant', grant: held });
  });

  test('says that probes and approved public endpoints need no grant, to call and for nothing else', () => {
    const open = { ...adder, endpoint: '/live/' };

    expect(explain({ resource: open })).toEqual({ rule: 'open_endpoint' });
    expect(explain({ publicEndpoints: ['/api/v1'] })).toEqual({ rule: 'public_endpoint' });
    expect(explain({ publicEndpoints: ['/api/v'] })).toMatchObject({ rule: 'no_grant' });
    expect(explain({ resource: { ...open, jobId: null } })).toMatchObject({ rule: 'no_grant' });
    expect(explain({ scope: 'read_job', publicEndpoints: ['/api'] })).toMatchObject({ rule: 'no_grant' });
  });

  test('says which grant is missing, and shows those of the scope that do not reach so far', () => {
    const other = { ...held, family: 'primer' };

    expect(explain({ permissions: [other, { ...held, scope: 'read_job' }] })).toEqual({
      rule: 'no_grant',
      missing: { scope: 'call_job', family: null, jobId: 'job-1', endpoint: '/api/v1/perform' },
      elsewhere: [other],
    });
  });
});

describe('subjects', () => {
  test.each([
    ['user:alice@example.com', { kind: 'user', name: 'alice@example.com' }],
    ['esc:The shop: west', { kind: 'esc', name: 'The shop: west' }],
    ['job-family:adder', { kind: 'job_family', name: 'adder' }],
  ] as const)('%s is read and written alike', (text, ref) => {
    expect(parseSubjectRef(text)).toEqual(ref);
    expect(formatSubjectRef(ref)).toBe(text);
  });

  test.each([
    ['User alice', 'user:alice'],
    ['ESC The shop', 'esc:The shop'],
    ['Job family adder', 'job-family:adder'],
  ])('the caller %s is %s', (caller, text) => {
    expect(parseCaller(caller)).toEqual(parseSubjectRef(text));
  });

  test.each(['', 'alice', 'user:', ':alice', 'group:all', 'constructor:x'])('%j is none', (text) => {
    expect(parseSubjectRef(text)).toBeUndefined();
  });
});

test.each<[string, string, Parameters<typeof formatGrantCommand>[2], string]>([
  [
    'user:bob',
    'call_job',
    { job: { name: 'adder', version: '1.0.0' } },
    'user:bob call_job --job adder/1.0.0',
  ],
  [
    'esc:The shop',
    'call_job',
    { family: 'adder', endpoint: '/a' },
    `'esc:The shop' call_job --family adder --endpoint /a`,
  ],
  ["user:o'neil;rm", 'read_job', {}, `'user:o'\\''neil;rm' read_job`],
])('the command that gives %s %s on %j can be pasted into a shell', (subject, scope, target, expected) => {
  expect(formatGrantCommand(subject, scope, target)).toBe(`racetrack permission grant ${expected}`);
});
