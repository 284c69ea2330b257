import assert from 'node:assert/strict';
import { test } from 'node:test';
import { docs_input_example, perform } from './job.mjs';

test('adds up its example', () => {
  assert.deepEqual(perform(docs_input_example()), { total: 42, unit: 'EUR' });
});

test('refuses nothing', () => {
  assert.throws(() => perform({ numbers: [] }), /no numbers/);
});
