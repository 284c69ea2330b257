import { describe, expect, test } from 'vitest';
import { createTestRequest } from '../process-target-harness.ts';
import { composeEnvironment } from './compose-environment.ts';
import { substitutePlaceholders } from './substitute-placeholders.ts';

const placeholders = { source: '/s', environment: '/e', plugin: '${source}', socket: '/x.sock' };

describe('composeEnvironment', () => {
  test('lets the job win over its job type, that over the base, and the marks over all', () => {
    const { artifact, ...request } = createTestRequest({ env: { B: 'job', C: 'job', MARK: 'job' } });
    const run = { command: ['x'], env: { A: 'type ${source}', B: 'type' } };

    const env = composeEnvironment(
      { ...request, artifact: { ...artifact, run } },
      { base: { A: 'base', D: 'base' }, marks: { MARK: 'mark' }, placeholders },
    );

    expect(env).toEqual({
      A: 'type /s',
      B: 'job',
      C: 'job',
      D: 'base',
      MARK: 'mark',
      JOB_DEPLOYMENT_TIMESTAMP: '1700000000',
    });
  });
});

describe('substitutePlaceholders', () => {
  test.each([
    ['${source}/a:${environment}/b', '/s/a:/e/b'],
    ['${plugin}', '${source}'],
    ['${other} $socket ${socket}', '${other} $socket /x.sock'],
  ])('turns %j into %j', (text, expected) => {
    expect(substitutePlaceholders(text, placeholders)).toBe(expected);
  });
});
