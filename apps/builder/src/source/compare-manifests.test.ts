import { describe, expect, test } from 'vitest';
import { listManifestDifferences } from './compare-manifests.ts';

describe('listManifestDifferences', () => {
  test('finds none where only order and nulls differ', () => {
    const repository = { a: 1, git: { remote: 'x', branch: null }, extends: 'base.yaml' };
    const submitted = { git: { remote: 'x' }, extends: 'base.yaml', a: 1, labels: null };

    expect(listManifestDifferences(repository, submitted)).toEqual([]);
  });

  test('names nested fields with both values, and variables without', () => {
    const repository = { version: '1.0.0', git: { branch: 'main' }, build_env: { A: 'x' }, list: [1] };
    const submitted = {
      version: '1.0.1',
      git: {},
      build_env: { A: 'y' },
      secret_build_env_file: 'f',
      list: [2],
    };

    expect(listManifestDifferences(repository, submitted)).toEqual([
      'build_env.A',
      'git.branch ("main" in the repository, nothing submitted)',
      'list ([1] in the repository, [2] submitted)',
      'secret_build_env_file (nothing in the repository, "f" submitted)',
      'version ("1.0.0" in the repository, "1.0.1" submitted)',
    ]);
  });
});
