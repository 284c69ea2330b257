import { describe, expect, test } from 'vitest';
import { planOf, requestOf, shell } from '../testing/builder-process.ts';
import { artifactKey, canonicalJson, environmentKey, sourceKey, type KeyContext } from './cache-keys.ts';

const request = requestOf('/builds', '/repo', {
  plan: planOf({ environment: { inputs: { python: '3.12.1' }, steps: [shell('x')] }, steps: [shell('y')] }),
  secretBuildEnv: { TOKEN: 'secret' },
});
const context: KeyContext = {
  request,
  indexSettings: { PIP_INDEX_URL: 'https://u:p@index/simple' },
  scope: null,
};

function withRequest(changes: Partial<typeof request>): KeyContext {
  return { ...context, request: { ...request, ...changes } };
}

describe('environmentKey', () => {
  test.each<[string, KeyContext, Record<string, string>]>([
    ['files', context, { 'requirements.txt': 'other' }],
    ['job type', withRequest({ jobType: 'shell:1.0.1' }), {}],
    ['plugin', withRequest({ pluginDir: '/other' }), {}],
    ['owner', { ...context, scope: 'alice' }, {}],
    ['build variables', withRequest({ buildEnv: { A: '1' } }), {}],
    ['secrets', withRequest({ secretBuildEnv: { TOKEN: 'other' } }), {}],
    ['key of the secrets', withRequest({ secretsKey: 'cd'.repeat(32) }), {}],
    ['package index', { ...context, indexSettings: {} }, {}],
    ['inputs', withRequest({ plan: planOf({ environment: { inputs: { python: '3.13.0' } } }) }), {}],
  ])('is another one for other %s', (_title, other, files) => {
    expect(environmentKey(other, files)).not.toBe(environmentKey(context, {}));
  });

  test('stays the same whatever the order of names, and for other steps on the source', () => {
    const otherSteps = withRequest({ plan: { ...request.plan, steps: [] } });

    expect(environmentKey(otherSteps, {})).toBe(environmentKey(context, {}));
    expect(environmentKey(context, { a: '1', b: '2' })).toBe(environmentKey(context, { b: '2', a: '1' }));
  });
});

test('artifactKey depends on tree, environment and steps', () => {
  const key = artifactKey(context, 'tree', 'env');

  expect(key).toMatch(/^[0-9a-f]{40}$/);
  expect(artifactKey(context, 'tree', 'env.2')).not.toBe(key);
  expect(artifactKey(context, 'other', 'env')).not.toBe(key);
  expect(artifactKey(withRequest({ plan: planOf({}) }), 'tree', 'env')).not.toBe(key);
});

test('sourceKey keeps its parts apart', () => {
  expect(sourceKey('a', 'b', 'c')).not.toBe(sourceKey('a', 'bc', ''));
});

test('canonicalJson sorts keys at every depth and keeps the order of lists', () => {
  expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1}]}');
});
