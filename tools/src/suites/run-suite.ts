import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BIN, ROOT } from '../repository.ts';
import { runCommand } from '../steps/run-command.ts';
import { SUMMARY_VARIABLE, type SuiteSummary } from './suite-summary.ts';

/** The projects of vitest.config.ts, fast ones first. */
export const SUITES = ['unit', 'integration', 'e2e'] as const;
export type Suite = (typeof SUITES)[number];

/**
 * Runs one suite and shows its output as it comes.
 *
 * @param suite - a project of vitest.config.ts.
 * @param args - passed on to vitest, such as a part of a file name.
 * @returns its counts and time; a run that broke off counts as one failure.
 */
export async function runSuite(
  suite: Suite,
  args: readonly string[],
): Promise<SuiteSummary & { readonly durationMs: number }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'racetrack-suite-'));
  const file = path.join(folder, 'summary.json');
  try {
    const reporters = [
      '--reporter=default',
      `--reporter=${path.join(import.meta.dirname, 'summary-reporter.ts')}`,
    ];
    const { code, durationMs } = await runCommand(
      path.join(BIN, 'vitest'),
      ['run', '--project', suite, '--passWithNoTests', ...reporters, ...args],
      { cwd: ROOT, output: 'inherit', env: { ...process.env, [SUMMARY_VARIABLE]: file } },
    );
    const summary = readSummary(file);
    if (summary === undefined)
      return {
        passed: 0,
        failed: code === 0 ? 0 : 1,
        skipped: [],
        failures: code === 0 ? [] : [`${suite} broke off`],
        durationMs,
      };
    const failed = code !== 0 && summary.failed === 0 ? 1 : summary.failed;
    return { ...summary, failed, durationMs };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readSummary(file: string): SuiteSummary | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as SuiteSummary) : undefined;
}
