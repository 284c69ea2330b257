import { parseArgs } from 'node:util';

export const USAGE = `usage: npm run bench [-- --only NAME[,NAME...]] [--runs N] [--output table|json]

  --only    ready, memory, call-cpu, deploy, wrappers (default all)
  --runs    repetitions; medians are reported (default 5)
  --output  json prints the figures as data (default table)
`;

export interface BenchRequest {
  /** Names of measures; undefined means all. */
  readonly only: readonly string[] | undefined;
  readonly runCount: number;
  readonly format: 'table' | 'json';
}

/**
 * Reads the arguments.
 *
 * @param args - without the names of the interpreter and the script.
 * @param names - of all measures.
 * @returns undefined when they were not understood.
 */
export function parseBenchArguments(
  args: readonly string[],
  names: readonly string[],
): BenchRequest | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { only: { type: 'string' }, runs: { type: 'string' }, output: { type: 'string' } },
    });
    const only = values.only?.split(',');
    const runCount = Number(values.runs ?? 5);
    const format = values.output ?? 'table';
    const isUnderstood =
      Number.isInteger(runCount) && runCount > 0 && (only ?? []).every((name) => names.includes(name));
    if (!isUnderstood || (format !== 'table' && format !== 'json')) return undefined;
    return { only, runCount, format };
  } catch {
    return undefined;
  }
}
