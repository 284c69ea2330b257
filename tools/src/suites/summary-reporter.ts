import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';
import { presentFailure, SUMMARY_VARIABLE, type SuiteSummary } from './suite-summary.ts';

/** Writes the counts of a run, and why tests were skipped, where `npm test` looks for them. */
// oxlint-disable-next-line import/no-default-export -- vitest loads reporters this way
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const summary: SuiteSummary = { passed: 0, failed: errors.length, skipped: [], failures: [] };
    for (const error of errors) summary.failures.push(presentFailure('outside of tests', [error]));
    for (const module of modules) {
      // A file that cannot even be loaded has no tests to count, but is a failure.
      if (module.state() === 'failed' && [...module.children.allTests('failed')].length === 0) {
        summary.failed += 1;
        summary.failures.push(presentFailure(module.relativeModuleId, module.errors()));
      }
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') summary.passed += 1;
        if (result.state === 'failed') {
          summary.failed += 1;
          summary.failures.push(
            presentFailure(`${module.relativeModuleId} > ${test.fullName}`, result.errors),
          );
        }
        if (result.state === 'skipped') {
          summary.skipped.push({ title: test.fullName, reason: result.note ?? 'no reason given' });
        }
      }
    }
    const file = process.env[SUMMARY_VARIABLE];
    if (file !== undefined) writeFileSync(file, JSON.stringify(summary));
  }
}
