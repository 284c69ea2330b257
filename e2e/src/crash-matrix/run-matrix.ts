import { FAILPOINTS } from '@racetrack-platform/failpoints';
import { listLeaks } from './list-leaks.ts';
import { OPERATIONS, type OperationName } from './operations.ts';
import { renderRound, renderSummary } from './render-results.ts';
import { recordPoints, runRound, type CrashForm, type Round, type RoundResult } from './run-round.ts';
import { createWorld, type World } from './world.ts';

export interface MatrixOptions {
  readonly store: 'sqlite' | 'postgresql';
  /** Of PostgreSQL, an empty database for each platform. */
  readonly databaseUrls?: readonly string[];
  readonly forms: readonly CrashForm[];
  /** Picks rounds from all there are. @defaultValue all */
  readonly choose?: (round: Round) => boolean;
  /** Takes a line for each round, and a table at the end. */
  readonly print: (text: string) => void;
  /** Platforms that share the rounds. More are faster, and make each other slower. */
  readonly platforms: number;
  /** Each point in one operation alone, the first that passes it; otherwise in every one that does. */
  readonly isEachPointOnce: boolean;
  /** Deploys the same name and version once more after every round, also where it did not fail. */
  readonly isAlwaysRepeated: boolean;
}

export interface MatrixResult {
  readonly rounds: readonly RoundResult[];
  /** Declared points that no operation passes. */
  readonly missedPoints: readonly string[];
}

/**
 * Finds out which points each operation passes, and then lets the platform die at each of them. One platform lives
 * through many rounds.
 */
export async function runMatrix(options: MatrixOptions): Promise<MatrixResult> {
  await using first = await createWorld(options.databaseUrls?.[0]);
  const passed = new Map<OperationName, readonly string[]>();
  for (const operation of OPERATIONS) passed.set(operation, await recordPoints(first, operation));
  const met = new Set([...passed.values()].flat());
  const queue = planRounds(passed, options).values();
  const rounds: RoundResult[] = [];
  const work = async (world: World): Promise<void> => {
    const known = new Set<string>();
    for (const round of queue) {
      const result = await runKnowing(world, round, options, known);
      options.print(renderRound(options.store, result));
      rounds.push(result);
    }
  };
  const others = Array.from({ length: options.platforms - 1 }, async (_, index) => {
    await using world = await createWorld(options.databaseUrls?.[index + 1]);
    await work(world);
  });
  await Promise.all([work(first), ...others]);
  options.print(renderSummary(options.store, rounds));
  return { rounds, missedPoints: Object.keys(FAILPOINTS).filter((point) => !met.has(point)) };
}

/** What one round has left behind is told once, not again by every later one. */
async function runKnowing(
  world: World,
  round: Round,
  options: MatrixOptions,
  known: Set<string>,
): Promise<RoundResult> {
  const result = await runRound(world, round, options).catch((error: unknown) => broken(round, error));
  const problems = result.problems.filter((problem) => !known.has(problem));
  if (problems.length > 0) for (const leak of await listLeaks(world)) known.add(leak);
  return { ...result, problems };
}

function broken(round: Round, error: unknown): RoundResult {
  const problems = [`the round broke off: ${error instanceof Error ? error.message : String(error)}`];
  return { ...round, problems, hits: [], state: '?', reason: undefined, recoveries: [], tookMs: 0, calls: 0 };
}

/** `rebuild` is slow and differs from `deploy` in few points: it is crashed in those alone. */
function planRounds(
  passed: ReadonlyMap<OperationName, readonly string[]>,
  { forms, isEachPointOnce, choose = () => true }: MatrixOptions,
): Round[] {
  const ofDeploy = new Set(passed.get('deploy'));
  const rounds: Round[] = [];
  for (const form of forms) {
    const met = new Set<string>();
    for (const [operation, points] of passed) {
      for (const point of points) {
        if (isEachPointOnce && met.has(point)) continue;
        if (operation === 'rebuild' && ofDeploy.has(point)) continue;
        met.add(point);
        rounds.push({ operation, point, form });
      }
    }
  }
  return rounds.filter(choose);
}
