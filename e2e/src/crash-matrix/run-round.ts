import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '@racetrack-platform/testing';
import type { FailpointHit } from '../support/failpoint-file.ts';
import { findProcesses } from '../support/processes.ts';
import { startSteadyLoad } from '../support/steady-load.ts';
import { checkOutcome } from './check-outcome.ts';
import { listLeaks } from './list-leaks.ts';
import {
  deleteAsClient,
  deployAsClient,
  prepareOperation,
  type Operation,
  type OperationName,
} from './operations.ts';
import { STEADY, type World } from './world.ts';

/**
 * `once`: the process that comes to the point dies there. `twice`: and whoever comes to any point afterwards, so that
 * recovery dies as well. `family`: everything of the platform is killed there but the jobs, and booted again.
 */
export type CrashForm = 'once' | 'twice' | 'family';

export interface Round {
  readonly operation: OperationName;
  readonly point: string;
  readonly form: CrashForm;
}

export interface RoundResult extends Round {
  readonly hits: readonly string[];
  readonly state: string;
  readonly reason: string | undefined;
  /** For each kill: who died, and how long it took until lifecycle was ready and pub answered a call. */
  readonly recoveries: readonly Recovery[];
  readonly tookMs: number;
  readonly calls: number;
  readonly problems: readonly string[];
}

export interface Recovery {
  readonly who: 'control' | 'plugin host' | 'builder' | 'family';
  readonly readyMs: number;
}

export interface RoundOptions {
  /** Deploys the same name and version once more, also where it did not fail. */
  readonly isAlwaysRepeated: boolean;
}

const SETTLE_TIMEOUT_MS = 40_000;
const READY_TIMEOUT_MS = 30_000;
const CALLS_PER_SECOND = 25;

/** Arms a point, does the operation, and looks at what is left of it when everything has settled. */
export async function runRound(world: World, round: Round, options: RoundOptions): Promise<RoundResult> {
  const startedAt = performance.now();
  const operation = await prepareOperation(world, round.operation);
  // With pub dead as well there is nobody to call.
  const stopLoad = round.form === 'family' ? undefined : callSteadily(world);
  await world.failpoints.arm({
    name: round.point,
    remaining: round.form === 'twice' ? 2 : 1,
    action: round.form === 'family' ? 'stop' : 'kill',
  });
  const recovery = watchRecovery(world, round.form);
  const acknowledged = await operation.run();
  const problems: string[] = [];
  await settle(world).catch((error: unknown) => problems.push(`not settled: ${String(error)}`));
  await world.failpoints.disarm();
  const recoveries = await recovery.stop();
  const outcome = await checkOutcome(world, operation, acknowledged, round.form === 'family');
  if (operation.job.version === STEADY.version && outcome.state === 'done')
    world.steadyAnswer = operation.after ?? '';
  const load = await stopLoad?.();
  problems.push(...outcome.problems, ...judgeLoad(load, world, operation));
  const hits = await world.failpoints.listHits();
  const isHostAlone = hits.length === 1 && hits.every((hit) => whose(hit) === 'plugin host');
  if (isHostAlone && operation.after !== undefined && outcome.state !== 'done') {
    problems.push('nothing but the plugin host died, and the deployment did not go on');
  }
  problems.push(...(await cleanUp(world, operation, outcome.state, options)), ...(await listLeaks(world)));
  return {
    ...round,
    hits: hits.map(({ name }) => name),
    state: outcome.state,
    reason: outcome.reason,
    recoveries,
    tookMs: performance.now() - startedAt,
    calls: load?.calls ?? 0,
    problems,
  };
}

/** Which points an operation passes when nothing happens, in order. */
export async function recordPoints(world: World, name: OperationName): Promise<string[]> {
  const operation = await prepareOperation(world, name);
  await world.failpoints.arm({ name: '*', remaining: 1, action: 'record' });
  const acknowledged = await operation.run();
  await settle(world);
  await world.failpoints.disarm();
  const hits = await world.failpoints.listHits();
  const { state, problems } = await checkOutcome(world, operation, acknowledged, false);
  if (operation.job.version === STEADY.version && state === 'done')
    world.steadyAnswer = operation.after ?? '';
  const left = await cleanUp(world, operation, state, { isAlwaysRepeated: false });
  const leaks = [...problems, ...left, ...(await listLeaks(world))];
  if (leaks.length > 0) throw new Error(`${name} goes wrong without any crash: ${leaks.join('; ')}`);
  return [...new Set(hits.map((hit) => hit.name))];
}

function callSteadily(world: World) {
  const { name, version } = STEADY;
  const url = `${world.platform.endpoints.pub}/pub/job/${name}/${version}/api/v1/perform`;
  return startSteadyLoad({ url, token: world.token, callsPerSecond: CALLS_PER_SECOND });
}

function judgeLoad(
  load: Awaited<ReturnType<ReturnType<typeof callSteadily>>> | undefined,
  world: World,
  { before, after }: Operation,
): string[] {
  if (load === undefined) return [];
  const expected = new Set([world.steadyAnswer, before, after].map((answer) => JSON.stringify(answer)));
  const strange = [...load.answers.keys()].filter((answer) => !expected.has(answer));
  const failures = [...load.failures, ...strange];
  return failures.length === 0 ? [] : [`${failures.length} of ${load.calls} calls failed: ${failures[0]}`];
}

/** Looks out for hits; kills what is left to kill, and measures how long it takes until all is ready again. */
function watchRecovery(world: World, form: CrashForm): { readonly stop: () => Promise<Recovery[]> } {
  const stopping = new AbortController();
  const recoveries: Recovery[] = [];
  const watching = (async () => {
    let seen = 0;
    while (!stopping.signal.aborted) {
      const hit: FailpointHit | undefined = (await world.failpoints.listHits())[seen];
      if (hit === undefined) {
        await sleep(5);
        continue;
      }
      seen += 1;
      const killedAt = form === 'family' ? await restartFamily(world, hit.pid) : hit.at;
      await waitUntil('the platform to be ready', async () => await isReady(world), READY_TIMEOUT_MS);
      // One that died again meanwhile has not recovered; the next hit counts.
      const isLast = (await world.failpoints.listHits()).length === seen;
      if (isLast)
        recoveries.push({ who: form === 'family' ? form : whose(hit), readyMs: Date.now() - killedAt });
    }
  })();
  // A failure is told when it is stopped; until then it must not end the test run.
  watching.catch(() => {});
  return {
    async stop() {
      stopping.abort();
      await watching;
      return recoveries;
    },
  };
}

function whose({ program }: FailpointHit): Recovery['who'] {
  if (program.includes('/builder/')) return 'builder';
  return program.includes('/plugin-engine/') ? 'plugin host' : 'control';
}

async function restartFamily(world: World, stoppedPid: number): Promise<number> {
  const family = await findProcesses(world.failpoints.path);
  const killedAt = Date.now();
  for (const pid of [world.platform.launcherPid, ...family.map(({ pid }) => pid), stoppedPid]) kill(pid);
  await world.platform.boot();
  return killedAt;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended with another one that was killed before.
  }
}

async function isReady(world: World): Promise<boolean> {
  const response = await fetch(`${world.platform.endpoints.lifecycle}/ready`);
  await response.arrayBuffer();
  return response.status === 200 && typeof (await world.call(STEADY)) === 'string';
}

/** Waits until nothing is under way any more: deployments, launches, drains, removals, builders. */
async function settle(world: World): Promise<void> {
  const underWay = `select
    (select count(*) from deployment where status = 'in_progress') as deployments,
    (select count(*) from instance where state <> 'active') as instances`;
  const check = async (): Promise<boolean> => {
    const [row] = await world.store.query(underWay);
    if (Number(row?.['deployments']) + Number(row?.['instances']) > 0) return false;
    return (await isReady(world)) && !(await isBuilding(world));
  };
  // Once more a moment later: what a dying process had begun may come up only now.
  await waitUntil('nothing to be under way', check, SETTLE_TIMEOUT_MS);
  await sleep(100);
  await waitUntil('nothing to be under way', check, SETTLE_TIMEOUT_MS);
}

async function isBuilding(world: World): Promise<boolean> {
  const processes = await findProcesses(world.failpoints.path);
  return processes.some(({ commandLine }) => commandLine.includes('builder'));
}

/**
 * Shows that the name and version can be used again, and removes what the round has made, so that the next one starts
 * from the same.
 */
async function cleanUp(
  world: World,
  { name, job, before, after }: Operation,
  state: string,
  { isAlwaysRepeated }: RoundOptions,
): Promise<string[]> {
  const problems: string[] = [];
  const mayRepeat = name !== 'delete' && after !== undefined;
  if (mayRepeat && (isAlwaysRepeated || state !== 'done')) {
    const payload = await world.composeDeployment({
      ...job,
      answer: after,
      source: 'git',
      force: state === 'done' || before !== undefined,
    });
    const again = await deployAsClient(world, job, payload);
    if (again.end?.status !== 'done' || again.end.answer !== after)
      problems.push(`deploying it again ended as ${JSON.stringify(again)}`);
    else if (job.version === STEADY.version) world.steadyAnswer = after;
  }
  const isToGo = job.version !== STEADY.version && (mayRepeat || (name === 'delete' && state !== 'deleted'));
  if (isToGo) {
    const gone = await deleteAsClient(world, job);
    if (gone.isDeleted !== true) problems.push(`deleting it afterwards: ${JSON.stringify(gone)}`);
  }
  await settle(world).catch((error: unknown) => problems.push(`not settled at the end: ${String(error)}`));
  return problems;
}
