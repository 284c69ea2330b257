import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildConformanceJob, type WrapperHarness } from '@racetrack-platform/testing';
import type { Figure, MeasureContext } from '../figure.ts';
import { nameLoadProgram, runLoad } from '../load/run-load.ts';
import { median, presentSpread } from '../median.ts';
import { findFreePort } from '../platform/find-free-port.ts';
import { readFamilyCpuMs, readFamilyMemory } from '../platform/process-family.ts';
import type { Contender } from './contender.ts';
import type { WrapperLanguage } from './wrapper-language.ts';

const CONNECTIONS = 16;
const RUN_MS = 2_000;
const WARM_UP_RUNS = 2;
const PATH = '/api/v1/perform';
const US_PER_MS = 1_000;
const BYTES_PER_MB = 1_000_000;
const GOAL_FIRST_START_MS = 300;
const GOAL_IDLE_MB = 35;
const LOOK_EVERY_MS = 5;
const START_LIMIT_MS = 30_000;
/** After this time what only the start needed has been used up. */
const SETTLE_MS = 2_000;

/** Builds a language's job and measures it beside its references. */
export async function measureLanguage(language: WrapperLanguage, context: MeasureContext): Promise<Figure[]> {
  await using cleanup = new AsyncDisposableStack();
  const harness = cleanup.use(await buildConformanceJob(language.job));
  const port = await findFreePort();
  const wrapper = await (await harness.start({ port })).untilReady();
  const contenders = new Map<string, Contender>([['wrapper', { pid: await wrapper.pid(), port }]]);
  for (const reference of language.references) {
    contenders.set(reference.id, await reference.start({ folder: context.folder, harness, cleanup }));
  }
  const times = await measureTimes(language, contenders, context);
  const starts: number[] = [];
  for (let run = 0; run < context.runCount; run += 1) starts.push(await measureStart(harness));
  return [
    ...presentTimes(language, times),
    {
      id: `${language.id}_first_start_ms`,
      title: `first start, ${language.title}`,
      value: median(starts),
      unit: 'ms',
      goal: GOAL_FIRST_START_MS,
      detail: `launch to /ready, ${starts.length} instances, ${presentSpread(starts)}`,
    },
    ...(await measureMemory(language, harness)),
  ];
}

async function measureTimes(
  language: WrapperLanguage,
  contenders: ReadonlyMap<string, Contender>,
  { folder, runCount, report }: MeasureContext,
): Promise<ReadonlyMap<string, number[]>> {
  const times = new Map([...contenders.keys()].map((id) => [id, [] as number[]]));
  for (let run = -WARM_UP_RUNS; run < runCount; run += 1) {
    for (const [id, contender] of contenders) {
      const time = await measureOnce(folder, contender, language.body);
      if (run >= 0) times.get(id)?.push(time);
    }
    const latest = [...times].map(([id, values]) => `${id} ${values.at(-1)?.toFixed(1)} µs`);
    if (run >= 0) report(`${language.title}: ${latest.join(', ')}`);
  }
  return times;
}

/** One run: user and system time of all of its processes, in microseconds per answered call. */
async function measureOnce(folder: string, { pid, port }: Contender, body: string): Promise<number> {
  const before = readFamilyCpuMs(pid);
  const { requests, failures } = await runLoad(folder, {
    port,
    path: PATH,
    body,
    headers: { 'content-type': 'application/json' },
    connections: CONNECTIONS,
    durationMs: RUN_MS,
  });
  if (failures > 0) throw new Error(`${failures} of ${requests} calls to port ${port} failed`);
  return ((readFamilyCpuMs(pid) - before) * US_PER_MS) / requests;
}

function presentTimes(language: WrapperLanguage, times: ReadonlyMap<string, number[]>): Figure[] {
  const own = times.get('wrapper') ?? [];
  const figure = (id: string, title: string, values: readonly number[]): Figure => ({
    id: `${language.id}_${id}_cpu_us`,
    title: `CPU per call, ${title}`,
    value: median(values),
    unit: 'µs',
    detail: `${presentSpread(values, 1)}; ${values.length} alternating runs of ${RUN_MS / 1_000} s, ${CONNECTIONS} connections, ${nameLoadProgram()}`,
  });
  return [
    figure('wrapper', `${language.title} wrapper`, own),
    ...language.references.flatMap(({ id, title, goalRatio }): Figure[] => {
      const values = times.get(id) ?? [];
      return [
        figure(id, title, values),
        {
          id: `${language.id}_${id}_ratio`,
          title: `${language.title} wrapper to ${title}`,
          value: median(own) / median(values),
          unit: '×',
          ...(goalRatio === undefined ? {} : { goal: goalRatio }),
          detail: 'ratio of the medians',
        },
      ];
    }),
  ];
}

/** Milliseconds from the launch of an instance to its readiness. */
async function measureStart(harness: WrapperHarness): Promise<number> {
  const startedAt = performance.now();
  const wrapper = await harness.start();
  const isReady = async (): Promise<boolean> =>
    await wrapper.request('/ready').then(
      ({ status }) => status === 200,
      () => false,
    );
  while (!(await isReady())) {
    if (performance.now() - startedAt > START_LIMIT_MS) throw new Error('an instance did not become ready');
    await sleep(LOOK_EVERY_MS);
  }
  const durationMs = performance.now() - startedAt;
  await wrapper.signal('SIGTERM');
  await wrapper.exitCode();
  return durationMs;
}

/** Memory of an idle job above that of an interpreter which does nothing. */
async function measureMemory(language: WrapperLanguage, harness: WrapperHarness): Promise<Figure[]> {
  if (language.bareInterpreter === undefined) return [];
  const [program, ...args] = language.bareInterpreter(harness);
  const wrapper = await (await harness.start()).untilReady();
  const interpreter = spawn(program, args, { stdio: 'ignore' });
  try {
    await sleep(SETTLE_MS);
    const own = sumMemory(await wrapper.pid());
    const bare = sumMemory(interpreter.pid ?? 0);
    return [
      {
        id: `${language.id}_idle_mb`,
        title: `idle ${language.title} job above the interpreter`,
        value: (own - bare) / BYTES_PER_MB,
        unit: 'MB',
        goal: GOAL_IDLE_MB,
        detail: `PSS ${(own / BYTES_PER_MB).toFixed(1)} and ${(bare / BYTES_PER_MB).toFixed(1)} MB`,
      },
    ];
  } finally {
    interpreter.kill('SIGKILL');
  }
}

function sumMemory(pid: number): number {
  return readFamilyMemory(pid).reduce((sum, { pssBytes }) => sum + pssBytes, 0);
}
