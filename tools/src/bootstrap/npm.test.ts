import { describe, expect, test } from 'vitest';
import { explainFailure, findNpm } from '../../bootstrap/npm.mjs';

describe('explainFailure', () => {
  test.each([
    ['npm error code ENOTFOUND\nnpm error network request failed', /registry cannot be reached/],
    ['npm error code EAI_AGAIN', /registry cannot be reached/],
    ['npm error code ENOSPC', /disk is full/],
    ['npm error code EACCES', /may not write/],
    ['npm error something new', /Run the command again/],
  ])('turns %j into advice', (output, advice) => {
    const error = explainFailure('packages', '/repo', output, 1);

    expect(error.message).toBe('packages could not be installed: npm failed in /repo (1).');
    expect(error.hints.join('\n')).toMatch(advice);
    expect(error.hints[0]).toMatch(/^\| npm error/);
  });
});

describe('findNpm', () => {
  test('says so when there is none', () => {
    expect(() => findNpm({ PATH: '/nowhere' })).toThrow('npm is not on the PATH.');
  });

  test('does not take another package manager for npm', () => {
    expect(() => findNpm({ npm_execpath: '/usr/lib/yarn/yarn.js', PATH: '' })).toThrow(/not on the PATH/);
  });
});
