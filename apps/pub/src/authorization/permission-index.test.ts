import { findGrant, SCOPES, type Permission } from '@racetrack-platform/contracts/processes';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPermissionIndex } from './permission-index.ts';

const nullable = (...values: string[]) => fc.option(fc.constantFrom(...values), { nil: null });
const permission: fc.Arbitrary<Permission> = fc.record({
  scope: fc.constantFrom(...SCOPES),
  family: nullable('a', 'b'),
  jobId: nullable('1', '2'),
  endpoint: nullable('/x', 'x/', '/y', '/'),
});

test('findCallGrant agrees with findGrant over all permissions', () => {
  fc.assert(
    fc.property(
      fc.array(permission, { maxLength: 12 }),
      fc.constantFrom('a', 'b', 'c'),
      fc.constantFrom('1', '2', '3'),
      fc.constantFrom('/x', '/y', '/', '/z'),
      (all, family, jobId, endpoint) => {
        const resource = { family, jobId, endpoint };
        const found = createPermissionIndex(all).findCallGrant(resource);
        expect(found !== undefined).toBe(findGrant(all, 'call_job', resource) !== undefined);
      },
    ),
    { numRuns: 2_000 },
  );
});
