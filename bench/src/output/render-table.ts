import type { Figure } from '../figure.ts';

/** Renders figures as lines of a table, each with its goal and whether it is met. */
export function renderTable(figures: readonly Figure[]): string {
  const rows = figures.map(({ title, value, unit, goal, detail }) => {
    const shown = `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`;
    const judged = goal === undefined ? '' : `${value <= goal ? 'ok' : 'OVER'}, goal ${goal} ${unit}`;
    return [title, shown, judged, detail];
  });
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
