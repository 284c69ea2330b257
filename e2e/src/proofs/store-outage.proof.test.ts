/** The database is away for five minutes: not one failed call, 503 from lifecycle, a deployment within 5 s afterwards. */
import { expect, test } from 'vitest';
import { postgresMissing } from '@racetrack-platform/testing';
import { surviveOutage } from '../support/survive-outage.ts';

const SECONDS = 300;
const missing = postgresMissing();

test.skipIf(missing !== undefined)(
  `a database away for ${SECONDS} seconds${missing === undefined ? '' : ` (${missing})`}`,
  async () => {
    const outcome = await surviveOutage(SECONDS * 1_000);

    console.log(
      `${outcome.load.calls} calls, ${outcome.load.failures.length} failed;`,
      `lifecycle answered ${outcome.answers.join(', ')}, after ${Math.round(outcome.slowestAnswerMs)} ms at most;`,
      `back ${Math.round(outcome.recoveredAfterMs)} ms after the database,`,
      `deployed after ${Math.round(outcome.deployedAfterMs)} ms (usually ${Math.round(outcome.usualDeployMs)} ms)`,
    );
    expect(outcome.load.failures).toEqual([]);
    expect(outcome.answers).toEqual(['503 STORE_UNAVAILABLE with hint']);
    expect(outcome.pids.after).toEqual(outcome.pids.before);
    expect(outcome.recoveredAfterMs).toBeLessThan(5_000);
    // On a machine that has nothing else to do, five seconds.
    expect(outcome.deployedAfterMs).toBeLessThan(Math.max(5_000, 3 * outcome.usualDeployMs));
  },
);
