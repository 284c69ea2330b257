import type { BuildEvent } from '@racetrack-platform/contracts/processes';
import { PlatformError } from '@racetrack-platform/errors';
import { describe, expect, test } from 'vitest';
import { createBuildOutput, type BuildOutput } from './build-output.ts';
import { createRedactor } from './redact.ts';

function record(keptBytes?: number): {
  output: BuildOutput;
  events: BuildEvent[];
} {
  const events: BuildEvent[] = [];
  const write = (line: string): void => {
    expect(line).toMatch(/^[^\n]*\n$/);
    events.push(JSON.parse(line) as BuildEvent);
  };
  return { output: createBuildOutput(write, createRedactor(['hunter22']), keptBytes), events };
}

describe('createBuildOutput', () => {
  test('writes each event as one line, without secrets', () => {
    const { output, events } = record();
    output.log('two\nlines of hunter22');
    output.warning('hunter22');
    output.fail(new PlatformError('BUILD_FAILED', 'hunter22', { hint: 'our own words' }));

    expect(JSON.stringify(events)).not.toContain('hunter22');
    expect(events.at(-1)).toEqual({
      type: 'error',
      code: 'BUILD_FAILED',
      message: '***',
      hint: 'our own words',
    });
  });

  test('keeps the first and the last part of a log that is too long, and says what is missing', () => {
    const { output, events } = record(40);
    for (let line = 0; line < 100; line += 1) output.log(`line ${String(line).padStart(4, '0')}`);
    output.fail(new Error('x'));

    const texts = events.flatMap((event) => (event.type === 'log' ? [event.text] : []));
    expect(texts).toEqual([
      'line 0000',
      'line 0001',
      'line 0002',
      '[960 bytes of the build log left out]',
      'line 0099',
    ]);
  });

  test('presents a bug as INTERNAL', () => {
    const { output, events } = record();
    output.fail(new TypeError('x is undefined'));

    expect(events).toEqual([{ type: 'error', code: 'INTERNAL', message: 'x is undefined', hint: null }]);
  });
});
