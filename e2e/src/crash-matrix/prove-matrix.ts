import { availableParallelism, loadavg } from 'node:os';
import { postgresMissing, startPostgres } from '@racetrack-platform/testing';
import { quantile } from './render-results.ts';
import { runMatrix, type MatrixOptions, type MatrixResult } from './run-matrix.ts';

/** What the platform promises after the death of any of its processes, for the median. */
const READY_GOAL_MS = 3_000;
/** With more processes than this waiting for each core, times say nothing about the platform. */
const BUSY_PER_CORE = 3;
/** No single restart may take longer than this, on a machine that does other things as well. */
const READY_LIMIT_MS = 20_000;

/** Writes that move an operation on. */
const PHASE_WRITES = [
  'accepted-row',
  'source-step',
  'launch-spec',
  'instance-rows',
  'ready-step',
  'published-step',
  'route',
  'done',
  'failed',
  'cancel-requested',
  'cancelled',
  'deleted',
  'removing',
  'instance-row-removed',
];
const AFTER_PHASE_WRITES = new Set(PHASE_WRITES.map((effect) => `after-${effect}`));

export interface ProofOptions extends Omit<MatrixOptions, 'store' | 'databaseUrls'> {
  /** Whether to hold the platform to its times; not where other tests run as well. */
  readonly isTimed: boolean;
}

/** Whether a point comes right after a write that moves an operation on. */
export function isAfterPhaseWrite({ point }: { readonly point: string }): boolean {
  return AFTER_PHASE_WRITES.has(point);
}

/** Runs a matrix on SQLite. @returns what was lost, left behind or late; empty when nothing was. */
export async function proveOnSqlite(options: ProofOptions): Promise<readonly string[]> {
  return judge(await runMatrix({ ...options, store: 'sqlite' }), options.isTimed);
}

/** The same on a PostgreSQL server of its own. */
export async function proveOnPostgres(options: ProofOptions): Promise<readonly string[]> {
  await using server = await startPostgres({ durable: true });
  const databaseUrls: string[] = [];
  for (let index = 0; index < options.platforms; index += 1) {
    databaseUrls.push(server.url(await server.createDatabase()));
  }
  return judge(await runMatrix({ ...options, store: 'postgresql', databaseUrls }), options.isTimed);
}

/** For the name of a skipped test; `undefined`: there is a PostgreSQL. */
export function whyNoPostgres(): string | undefined {
  return postgresMissing();
}

function judge({ rounds, missedPoints }: MatrixResult, isTimed: boolean): string[] {
  const failures = rounds.flatMap(({ operation, point, form, problems }) =>
    problems.map((problem) => `${form} ${operation} ${point}: ${problem}`),
  );
  for (const point of missedPoints) failures.push(`no operation comes to ${point}`);
  // Of a dead builder or plugin host nobody outside notices anything.
  const times = rounds.flatMap(({ recoveries }) =>
    recoveries.flatMap(({ who, readyMs }) => (who === 'control' || who === 'family' ? [readyMs] : [])),
  );
  const [median, longest] = [quantile(times, 0.5), quantile(times, 1)];
  const isBusy = (loadavg()[0] ?? 0) / availableParallelism() > BUSY_PER_CORE;
  if (isTimed && median > READY_GOAL_MS && !isBusy)
    failures.push(`ready again after ${median} ms in the median`);
  if (longest > READY_LIMIT_MS) failures.push(`ready again only after ${longest} ms`);
  return failures;
}
