import path from 'node:path';
import { findNginx, startNginx } from '../call-cpu/start-nginx.ts';
import { PUB_PATH, startPub, TOKEN } from '../call-cpu/start-pub.ts';
import { startProgram, type Program } from '../call-cpu/start-program.ts';
import type { Figure, Measure } from '../figure.ts';
import { nameLoadProgram, runLoad } from '../load/run-load.ts';
import { median, presentSpread } from '../median.ts';
import { findFreePort } from '../platform/find-free-port.ts';
import { readFamilyCpuMs } from '../platform/process-family.ts';

/** Design, section 6: general lane. */
const GOAL_RATIO = 4;
const CONNECTIONS = 64;
const RUN_MS = 3_000;
/** Until the optimising compiler has done its work. */
const WARM_UP_RUNS = 3;
const JOB_PATH = '/api/v1/perform';
const BODY = '{"numbers":[40,2]}';
const US_PER_MS = 1_000;

interface Contender {
  readonly server: Program;
  readonly port: number;
  readonly path: string;
}

type ContenderName = 'pub' | 'bare' | 'nginx';
const NAMES: readonly ContenderName[] = ['pub', 'bare', 'nginx'];

/** CPU time that pub needs for an authorised call, beside what nginx and a bare Node proxy need to pass it on. */
export const callCpu: Measure = {
  name: 'call-cpu',
  title: 'CPU time of an authorised call through pub, of nginx proxy_pass, and of a bare node:http proxy',
  async run({ folder, runCount, report }) {
    if (process.platform !== 'linux') return { kind: 'skipped', reason: 'CPU times are read from /proc' };
    const nginx = findNginx();
    if (nginx === undefined) return { kind: 'skipped', reason: 'nginx is not installed' };
    await using cleanup = new AsyncDisposableStack();
    const contenders = await startContenders(folder, nginx, cleanup);
    for (let run = 0; run < WARM_UP_RUNS; run += 1) {
      for (const name of NAMES) await measureOnce(folder, contenders[name]);
    }
    const times: Record<ContenderName, number[]> = { pub: [], bare: [], nginx: [] };
    for (let run = 0; run < runCount; run += 1) {
      for (const name of NAMES) times[name].push(await measureOnce(folder, contenders[name]));
      report(NAMES.map((name) => `${name} ${times[name].at(-1)?.toFixed(1)} µs`).join(', '));
    }
    return { kind: 'figures', figures: presentFigures(times) };
  },
};

async function startContenders(
  folder: string,
  nginx: string,
  cleanup: AsyncDisposableStack,
): Promise<Record<ContenderName, Contender>> {
  const started = async (program: Promise<Program>): Promise<Program> => {
    const running = await program;
    cleanup.defer(async () => await running.stop());
    return running;
  };
  const socket = path.join(folder, 'job.sock');
  const startOwn = async (file: string, ...args: string[]): Promise<Program> =>
    await started(
      startProgram(process.execPath, {
        args: [path.join(import.meta.dirname, '../call-cpu', file), ...args],
        isReady: (messages) => Promise.resolve(messages.includes('ready')),
      }),
    );
  await startOwn('upstream-program.ts', socket);
  const [pub, bare, reference] = [await findFreePort(), await findFreePort(), await findFreePort()];
  return {
    pub: { server: await started(startPub(folder, socket, pub)), port: pub, path: PUB_PATH },
    bare: {
      server: await startOwn('bare-proxy-program.ts', socket, String(bare)),
      port: bare,
      path: JOB_PATH,
    },
    nginx: {
      server: await started(startNginx(nginx, folder, socket, reference)),
      port: reference,
      path: JOB_PATH,
    },
  };
}

function presentFigures(times: Readonly<Record<ContenderName, number[]>>): Figure[] {
  const [pub, bare, nginx] = [median(times.pub), median(times.bare), median(times.nginx)];
  const detail = `${times.pub.length} alternating runs of ${RUN_MS / 1_000} s, ${CONNECTIONS} connections, ${nameLoadProgram()}`;
  return [
    {
      id: 'pub_cpu_us',
      title: 'CPU per authorised call, pub',
      value: pub,
      unit: 'µs',
      detail: `${presentSpread(times.pub, 1)}; ${detail}`,
    },
    {
      id: 'nginx_cpu_us',
      title: 'CPU per call, nginx proxy_pass',
      value: nginx,
      unit: 'µs',
      detail: presentSpread(times.nginx, 1),
    },
    {
      id: 'bare_cpu_us',
      title: 'CPU per call, bare node:http proxy',
      value: bare,
      unit: 'µs',
      detail: presentSpread(times.bare, 1),
    },
    {
      id: 'pub_nginx_ratio',
      title: 'pub (general lane) to nginx',
      value: pub / nginx,
      unit: '×',
      goal: GOAL_RATIO,
      detail: 'ratio of the medians',
    },
    {
      id: 'pub_bare_ratio',
      title: 'pub (general lane) to the bare proxy',
      value: pub / bare,
      unit: '×',
      detail: 'what routing, authorisation, header rules and counting cost',
    },
  ];
}

/** One run against one server: its CPU time in microseconds, divided by the requests it answered. */
async function measureOnce(folder: string, { server, port, path: target }: Contender): Promise<number> {
  const before = readFamilyCpuMs(server.pid);
  const { requests, failures } = await runLoad(folder, {
    port,
    path: target,
    body: BODY,
    headers: { 'content-type': 'application/json', 'x-racetrack-auth': TOKEN },
    connections: CONNECTIONS,
    durationMs: RUN_MS,
  });
  const usedMs = readFamilyCpuMs(server.pid) - before;
  if (failures > 0) throw new Error(`${failures} of ${requests} calls to port ${port} failed`);
  return (usedMs * US_PER_MS) / requests;
}
