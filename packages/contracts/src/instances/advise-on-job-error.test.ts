import { expect, test } from 'vitest';
import { adviseOnJobError } from './advise-on-job-error.ts';

test.each([
  [
    "No module named 'helper.tools', cause=ModuleNotFoundError",
    /If helper is a file of your own.*commit and push/,
  ],
  ["'./types.ts' does not provide an export named 'Extra'", /If Extra is a type.*`import type`/],
  [
    "Job initialization error: 'MODEL_URL', cause=KeyError",
    /If MODEL_URL is an environment variable.*`runtime_env`/,
  ],
  ["raise KeyError(key)\nKeyError: 'MODEL_URL'", /`secret_runtime_env_file`/],
  ['the class Model has no method perform, nor anything else to call', /a method `perform`/],
  ['job.mjs exports no entrypoint: a class or object with a method perform', /a method `perform`/],
])('what a job says of its failure is answered with what to do: %s', (text, advice) => {
  expect(adviseOnJobError(text)).toMatch(advice);
});

test('of what is unknown nothing is guessed', () => {
  expect(adviseOnJobError("KeyError: 'city'")).toBeUndefined();
});
