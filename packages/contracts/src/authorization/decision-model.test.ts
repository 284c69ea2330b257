import fc from 'fast-check';
import { expect, test } from 'vitest';
import { explainDecision } from './explain-decision.ts';
import { findGrant, findScopeGrant } from './is-allowed.ts';
import type { Permission } from './permission.ts';
import { SCOPES, type Scope } from './scopes.ts';

/** Two families with two jobs each, whose versions are spelt alike. */
const JOBS = [
  { id: 'a1', family: 'a' },
  { id: 'a2', family: 'a' },
  { id: 'b1', family: 'b' },
  { id: 'b2', family: 'b' },
] as const;
const FAMILIES = ['a', 'b'] as const;
const ENDPOINTS = ['/x', '/y'] as const;

/** What somebody may want: to use a scope on an endpoint, a job, a family (that is, a version to come), or nothing. */
interface Wish {
  readonly scope: Scope;
  readonly family: string | null;
  readonly jobId: string | null;
  readonly endpoint: string | null;
}

const PLACES: readonly Omit<Wish, 'scope'>[] = [
  { family: null, jobId: null, endpoint: null },
  ...FAMILIES.map((family) => ({ family, jobId: null, endpoint: null })),
  ...JOBS.map(({ id, family }) => ({ family, jobId: id, endpoint: null })),
  ...JOBS.flatMap(({ id, family }) => ENDPOINTS.map((endpoint) => ({ family, jobId: id, endpoint }))),
];
const WISHES: readonly Wish[] = SCOPES.flatMap((scope) => PLACES.map(withScope(scope)));

/** Every binding a grant may have, contradictory ones included. */
const BINDINGS = [null, ...FAMILIES].flatMap((family) =>
  [null, ...JOBS.map(({ id }) => id)].flatMap((jobId) =>
    [null, ...ENDPOINTS].map((endpoint) => ({ family, jobId, endpoint })),
  ),
);
const GRANTS: readonly Permission[] = SCOPES.flatMap((scope) => BINDINGS.map(withScope(scope)));

/**
 * The rules, written a second time and the other way round: everything that one grant opens, listed. A wish is allowed
 * when it is in one of the lists.
 */
function listOpened(grant: Permission): Set<string> {
  const scopes = grant.scope === 'full_access' ? SCOPES : [grant.scope];
  const isForAll = grant.family === null && grant.jobId === null && grant.endpoint === null;
  const jobs = JOBS.filter(
    (job) =>
      (grant.family === null || job.family === grant.family) &&
      (grant.jobId === null || job.id === grant.jobId),
  );
  const places: Omit<Wish, 'scope'>[] = jobs.flatMap((job) =>
    ENDPOINTS.filter((endpoint) => grant.endpoint === null || endpoint === grant.endpoint).map(
      (endpoint) => ({ family: job.family, jobId: job.id, endpoint }),
    ),
  );
  if (grant.endpoint === null) {
    places.push(...jobs.map((job) => ({ family: job.family, jobId: job.id, endpoint: null })));
    if (grant.jobId === null) {
      const families = FAMILIES.filter((family) => grant.family === null || grant.family === family);
      places.push(...families.map((family) => ({ family, jobId: null, endpoint: null })));
    }
  }
  const opened = new Set(scopes.flatMap((scope) => places.map(withScope(scope)).map(keyOf)));
  for (const scope of scopes) {
    const needsAll = scope === 'call_admin_api' || scope === 'deploy_new_family' || scope === 'full_access';
    if (isForAll || !needsAll) opened.add(keyOf({ scope, family: null, jobId: null, endpoint: null }));
  }
  return opened;
}

function withScope(scope: Scope) {
  return ({ family, jobId, endpoint }: Omit<Wish, 'scope'>): Wish => ({ scope, family, jobId, endpoint });
}

function keyOf({ scope, family, jobId, endpoint }: Wish): string {
  return [scope, family, jobId, endpoint].join(' ');
}

const OPENED = new Map(GRANTS.map((grant) => [grant, listOpened(grant)]));

function modelAllows(grants: readonly Permission[], wish: Wish): boolean {
  return grants.some((grant) => OPENED.get(grant)?.has(keyOf(wish)) === true);
}

function decide(grants: readonly Permission[], wish: Wish): boolean {
  const { scope, family, jobId, endpoint } = wish;
  const found =
    family === null ? findScopeGrant(grants, scope) : findGrant(grants, scope, { family, jobId, endpoint });
  return found !== undefined;
}

function explain(grants: readonly Permission[], wish: Wish) {
  const { scope, family, jobId, endpoint } = wish;
  const resource = family === null ? null : { family, jobId, endpoint };
  return explainDecision({ permissions: grants, scope, resource, publicEndpoints: [] });
}

test('a grant opens exactly what the model lists, for every grant and every wish of a small world', () => {
  const wrong = GRANTS.flatMap((grant) =>
    WISHES.filter((wish) => decide([grant], wish) !== modelAllows([grant], wish)).map((wish) => [
      grant,
      wish,
    ]),
  );

  expect(wrong).toEqual([]);
});

test('several grants open what each of them opens, and nothing opens what none does', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...GRANTS), { maxLength: 40 }),
      fc.constantFrom(...WISHES),
      (grants, wish) => {
        expect(decide(grants, wish)).toBe(modelAllows(grants, wish));
      },
    ),
    { numRuns: 2_000 },
  );
});

test('explainDecision agrees with the decision, and the grant that it misses would allow the wish', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...GRANTS), { maxLength: 6 }),
      fc.constantFrom(...WISHES),
      (grants, wish) => {
        const explanation = explain(grants, wish);
        const missing = explanation.rule === 'no_grant' ? [explanation.missing] : [];
        expect(explanation.rule === 'grant').toBe(decide(grants, wish));
        expect(decide([...grants, ...missing], wish)).toBe(true);
      },
    ),
    { numRuns: 2_000 },
  );
});

const name = fc.string({ minLength: 1, maxLength: 8 });
const maybe = (arbitrary: fc.Arbitrary<string>) => fc.option(arbitrary, { nil: null });

test('in a large random world a grant found is one of those held, of the scope, and bound to nothing else', () => {
  const grant = fc.record({
    scope: fc.constantFrom(...SCOPES),
    family: maybe(name),
    jobId: maybe(name),
    endpoint: maybe(name.map((text) => `/${text}`)),
  });
  const resource = fc.record({ family: name, jobId: maybe(name), endpoint: maybe(name) });
  fc.assert(
    fc.property(
      fc.array(grant, { maxLength: 300 }),
      fc.constantFrom(...SCOPES),
      resource,
      (grants, scope, on) => {
        const found = findGrant(grants, scope, on);
        const naive = grants.filter(
          (held) =>
            new Set([scope, 'full_access']).has(held.scope) &&
            (held.family ?? on.family) === on.family &&
            (held.jobId ?? on.jobId) === on.jobId,
        );
        const isForJob = naive.some(({ endpoint }) => endpoint === null);
        expect(found === undefined ? !isForJob : naive.includes(found)).toBe(true);
      },
    ),
    { numRuns: 200 },
  );
});
