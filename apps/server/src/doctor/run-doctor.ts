import { EXIT_CODES } from '@racetrack-platform/errors';
import path from 'node:path';
import type { DoctorContext } from './check.ts';
import { countStatus, renderReport } from './render-report.ts';
import { runChecks } from './run-checks.ts';
import { writeReportFile } from './write-report-file.ts';

export interface DoctorOptions {
  /** One JSON object instead of text. */
  readonly json: boolean;
  /** Where to write a report file. */
  readonly report: string | undefined;
}

/**
 * Looks at everything that the platform needs, whether one runs or not, and changes nothing.
 *
 * @param writeOut - writes to stdout.
 * @returns the exit code: 0 when nothing failed, 70 otherwise.
 * @throws `PlatformError` when the report file cannot be written.
 */
export async function runDoctor(
  context: DoctorContext,
  { json, report }: DoctorOptions,
  writeOut: (text: string) => void,
): Promise<number> {
  const groups = await runChecks(context);
  const failures = countStatus(groups, 'fail');
  const text = renderReport(groups);
  if (json) {
    const facts = {
      version: context.version,
      dataDir: context.config.dataDir,
      isHealthy: failures === 0,
      groups,
    };
    writeOut(`${JSON.stringify(facts, undefined, 2)}\n`);
  } else writeOut(text);
  if (report !== undefined) {
    const file = path.resolve(report);
    await writeReportFile(file, text, context);
    if (!json) writeOut(`The report is in ${file}.\n`);
  }
  return failures === 0 ? EXIT_CODES.ok : EXIT_CODES.failure;
}
