import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFuzzWorld, type FuzzSubject, type FuzzWorld } from './fuzz/fuzz-world.ts';
import { installFuzzer, runFuzzer, type FuzzReport } from './fuzz/run-fuzzer.ts';
import { Platform } from './platform.ts';

/** Who calls at the same time. The administrator comes last and alone: it takes the tokens of the others away. */
const ROUNDS: readonly (readonly FuzzSubject[])[] = [
  ['nobody', 'job family'],
  ['user', 'external service'],
  ['administrator'],
];

/**
 * Tests that send what the OpenAPI document describes, and what it forbids, as everybody there is. The fuzzer signs in
 * again when it has cut itself off, ends the maintenance that it begins, and reads streams no further than their head.
 *
 * @param seconds - for each of them.
 * @param tell - gets a line about each, with how much was called.
 */
export function describeFuzzing(seconds: number, tell: (line: string) => void = () => {}): void {
  describe('the API', () => {
    let platform: Platform;
    let program: string;
    let world: FuzzWorld;

    beforeAll(async () => {
      // The fuzzer signs in from an address of its own, so that its wrong passwords do not count against it.
      platform = await Platform.start([], {
        RACETRACK_TRUSTED_PROXIES: '127.0.0.1',
        RACETRACK_GIT_ALLOW_LOCAL: 'false',
      });
      [program, world] = await Promise.all([installFuzzer(platform.directory), createFuzzWorld(platform)]);
    }, 240_000);

    afterAll(async () => await platform[Symbol.asyncDispose]());

    test.each(ROUNDS.map((subjects) => ({ who: subjects.join(' and '), subjects })))(
      'answers $who without an error of its own, and explains every refusal',
      async ({ subjects }) => {
        const results = await Promise.all(
          subjects.map(async (subject) => {
            const result = await runFuzzer(world, program, subject, seconds);
            return { subject, ...result };
          }),
        );

        for (const { subject, complaints, report } of results) {
          expect([subject, complaints]).toEqual([subject, '']);
          // A fuzzer that calls nothing finds nothing.
          expect([subject, Object.keys(report)]).not.toEqual([subject, []]);
          tell(`${subject}: ${summarize(report)}`);
        }
        const ready = await fetch(`${platform.endpoints.lifecycle}/ready`);
        expect(ready.status).toBe(200);
      },
      120_000 + 2_000 * seconds,
    );
  });
}

/** How many answers of which kind, from how many operations. */
function summarize(report: FuzzReport): string {
  const counts = Object.values(report);
  const answers = (from: number, to: number): number =>
    counts
      .flatMap((statuses) => Object.entries(statuses))
      .filter(([status]) => Number(status) >= from && Number(status) < to)
      .reduce((sum, [, count]) => sum + count, 0);
  const good = counts.filter((statuses) =>
    Object.keys(statuses).some((status) => Number(status) < 300),
  ).length;
  return `${counts.length} operations, ${good} of them done; ${answers(200, 300)} done, ${answers(300, 500)} refused`;
}
