import type { RoundResult } from './run-round.ts';

/** One line a round. */
export function renderRound(store: string, result: RoundResult): string {
  const { operation, point, form, state, hits, recoveries, tookMs, reason, problems } = result;
  const ready = recoveries.map(({ who, readyMs }) => `${who} ready after ${readyMs} ms`).join(', ');
  const then = hits.length > 1 ? ` then ${hits.slice(1).join(', ')}` : '';
  const why = state === 'failed' ? ` (${reason?.split('\n')[0]?.slice(0, 80)})` : '';
  return [
    `${problems.length === 0 ? 'ok ' : 'BAD'} ${store} ${form} ${operation} ${point}${then}: ${state}${why}`,
    `${ready}, ${(tookMs / 1_000).toFixed(1)} s`,
    ...problems.map((problem) => `\n      ${problem}`),
  ].join(', ');
}

/** What the rounds of one store came to: rounds, failures and calls by form, and times to ready by who died. */
export function renderSummary(store: string, rounds: readonly RoundResult[]): string {
  const lines = [`${store}: rounds, bad ones, crashes, calls meanwhile, time`];
  for (const [form, group] of Map.groupBy(rounds, (round) => round.form)) {
    const sum = (value: (round: RoundResult) => number): number =>
      group.reduce((total, round) => total + value(round), 0);
    const cells = [
      group.length,
      group.filter(({ problems }) => problems.length > 0).length,
      sum(({ recoveries }) => recoveries.length),
      sum(({ calls }) => calls),
      `${Math.round(sum(({ tookMs }) => tookMs) / 1_000)} s`,
    ];
    lines.push(`  ${form.padEnd(12)}${cells.map((cell) => String(cell).padStart(9)).join('')}`);
  }
  lines.push(`${store}: ready again after the death of, times, median, p95, longest`);
  const recoveries = rounds.flatMap((round) => round.recoveries);
  for (const [who, group] of Map.groupBy(recoveries, (recovery) => recovery.who)) {
    const times = group.map(({ readyMs }) => readyMs);
    const cells = [times.length, ...[0.5, 0.95, 1].map((share) => `${quantile(times, share)} ms`)];
    lines.push(`  ${who.padEnd(12)}${cells.map((cell) => String(cell).padStart(9)).join('')}`);
  }
  return lines.join('\n');
}

/** @param share - 0.5 for the median. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
}
