import type { CheckStatus } from './check.ts';
import type { CheckedGroup } from './run-checks.ts';

/** Renders the findings for people: one line each, and what to do below it. */
export function renderReport(groups: readonly CheckedGroup[]): string {
  const sections = groups.map(({ title, checks }) =>
    [
      title,
      ...checks.flatMap(({ status, text, advice }) => [
        `  ${status.padEnd(4)}  ${indent(text)}`,
        ...(advice === undefined ? [] : [`        → ${indent(advice)}`]),
      ]),
    ].join('\n'),
  );
  return `${sections.join('\n\n')}\n\n${summarize(groups)}\n`;
}

/** How many of all findings have one status. */
export function countStatus(groups: readonly CheckedGroup[], status: CheckStatus): number {
  return groups.flatMap(({ checks }) => checks).filter((check) => check.status === status).length;
}

function summarize(groups: readonly CheckedGroup[]): string {
  const [good, warnings, failures] = (['ok', 'warn', 'fail'] as const).map((status) =>
    countStatus(groups, status),
  );
  return `${good} ok, ${warnings} to improve, ${failures} failed`;
}

function indent(text: string): string {
  return text.trim().replaceAll('\n', '\n          ');
}
