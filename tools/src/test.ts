import { presentDuration } from './steps/present-duration.ts';
import { runSuite, SUITES } from './suites/run-suite.ts';
import { presentSkipped } from './suites/suite-summary.ts';

/** Runs every suite, also when an earlier one failed; arguments go to vitest: `npm test -- apps/pub`. */
let [passed, failed] = [0, 0];
const lines: string[] = [];
const failures: string[] = [];
for (const suite of SUITES) {
  console.log(`\n=== ${suite} ===`);
  const summary = await runSuite(suite, process.argv.slice(2));
  passed += summary.passed;
  failed += summary.failed;
  const counts = `${summary.passed} passed, ${summary.failed} failed, ${summary.skipped.length} skipped`;
  lines.push(`${suite.padEnd(12)} ${counts}, ${presentDuration(summary.durationMs)}`);
  failures.push(...summary.failures.map((failure) => `${suite}: ${failure}`));
  lines.push(...presentSkipped(summary.skipped).map((line) => `             ${line}`));
}
console.log(`\n${lines.join('\n')}\n`);
// Once more at the end: of a long output often only that is kept.
for (const failure of failures) console.log(`FAILED ${failure}\n`);
// A filter that matches nothing must not look like success.
if (passed + failed === 0) console.log('No test was run.');
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
