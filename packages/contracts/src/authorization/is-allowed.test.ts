import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findGrant, isPublicEndpoint, normalizeEndpoint, type Resource } from './is-allowed.ts';
import type { Permission } from './permission.ts';
import { SCOPES } from './scopes.ts';

const everything: Permission = { scope: 'call_job', family: null, jobId: null, endpoint: null };
const adder: Resource = { family: 'adder', jobId: 'job-1', endpoint: '/api/v1/perform' };

describe('findGrant', () => {
  test.each<[string, Partial<Permission>, boolean]>([
    ['no filter', {}, true],
    ['full access', { scope: 'full_access' }, true],
    ['another scope', { scope: 'read_job' }, false],
    ['its family', { family: 'adder' }, true],
    ['another family', { family: 'primer' }, false],
    ['the job itself', { jobId: 'job-1' }, true],
    ['another job, even of the same version', { jobId: 'job-2' }, false],
    ['the endpoint', { endpoint: 'api/v1/perform/' }, true],
    ['another endpoint', { endpoint: '/api/v1' }, false],
  ])('a grant with %s decides %j', (_title, change, expected) => {
    expect(findGrant([{ ...everything, ...change }], 'call_job', adder) !== undefined).toBe(expected);
  });

  test('a grant on one endpoint does not cover an operation on the whole job', () => {
    const grant: Permission = { ...everything, scope: 'delete_job', endpoint: '/api/v1/perform' };

    expect(findGrant([grant], 'delete_job', { ...adder, endpoint: null })).toBeUndefined();
  });

  test('agrees with the definition "every filled filter narrows" on every small world', () => {
    const name = fc.constantFrom('a', 'b');
    const permission = fc.record({
      scope: fc.constantFrom(...SCOPES),
      family: fc.option(name, { nil: null }),
      jobId: fc.option(name, { nil: null }),
      endpoint: fc.option(fc.constantFrom('/x', '/y'), { nil: null }),
    });
    fc.assert(
      fc.property(
        fc.array(permission, { maxLength: 4 }),
        fc.constantFrom(...SCOPES),
        name,
        name,
        (all, scope, family, jobId) => {
          const resource: Resource = { family, jobId, endpoint: '/x' };
          const model = all.some(
            (p) =>
              [scope, 'full_access'].includes(p.scope) &&
              [null, family].includes(p.family) &&
              [null, jobId].includes(p.jobId) &&
              [null, '/x'].includes(p.endpoint),
          );
          expect(findGrant(all, scope, resource) !== undefined).toBe(model);
        },
      ),
    );
  });
});

describe('isPublicEndpoint', () => {
  test.each([
    ['/live', [], true],
    ['/livex', [], false],
    ['/api/v1/pub', ['/api/v1/pub'], true],
    ['/api/v1/pub/deeper', ['api/v1/pub/'], true],
    ['/api/v1/public-thing', ['/api/v1/pub'], false],
  ])('%s with %j open is %j', (endpoint, open, expected) => {
    expect(isPublicEndpoint(normalizeEndpoint(endpoint), open)).toBe(expected);
  });
});
