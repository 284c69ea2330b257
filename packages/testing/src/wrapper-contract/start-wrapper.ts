import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RunSpec } from '@racetrack-platform/contracts';
import type { InfrastructureTarget } from '@racetrack-platform/plugin-sdk';
import { collect } from '../collect.ts';
import { waitUntil } from '../wait-until.ts';
import { sendRequest, type Destination } from './wrapper-client.ts';
import type { StartedWrapper, StartOptions, WrapperHarness } from './wrapper-harness.ts';

/** What every instance reports from `/live`. */
export const DEPLOYMENT_TIMESTAMP = 1_700_000_000;

const READY_TIMEOUT_MS = 60_000;
const CALL_TIMEOUT_MS = 60_000;

export interface WrapperStarterDeps {
  readonly target: InfrastructureTarget;
  /** Where the target keeps its records. */
  readonly dataDir: string;
  readonly paths: { readonly source: string; readonly environment: string; readonly plugin: string };
  /** Tells how to start the job, with further fields of `jobtype_extra`. */
  readonly planRun: (extra: Readonly<Record<string, unknown>> | undefined) => Promise<RunSpec>;
}

/** Makes the function that launches instances of a job that is built. */
export function createWrapperStarter(deps: WrapperStarterDeps): WrapperHarness['start'] {
  const { target, paths } = deps;
  let count = 0;
  return async ({ env = {}, extra, port } = {}) => {
    const run = await deps.planRun(extra);
    count += 1;
    const instanceId = `wrapper-${count}`;
    const { address } = await target.launch(
      {
        instanceId,
        job: { name: 'conformance', version: '1.2.3' },
        deploymentTimestamp: DEPLOYMENT_TIMESTAMP,
        artifact: {
          kind: 'native',
          sourceDir: paths.source,
          environmentDir: paths.environment,
          pluginDir: paths.plugin,
          run: port === undefined ? run : listenOn(run, port),
        },
        env: { JOB_NAME: 'conformance', JOB_VERSION: '1.2.3', ...env },
        resources: { memoryMaxBytes: null, cpuMaxMillicores: null },
        account: null,
      },
      AbortSignal.timeout(CALL_TIMEOUT_MS),
    );
    if (address.kind !== 'unix') throw new Error('the process target listens on sockets');
    return createStarted(deps, instanceId, address.path, port);
  };
}

/** Ends everything that a target runs. */
export async function removeInstances(target: InfrastructureTarget): Promise<void> {
  const signal = AbortSignal.timeout(CALL_TIMEOUT_MS);
  const all = await target.observeAll(signal);
  await Promise.all(all.map(({ instanceId }) => target.remove(instanceId, { gracePeriodMs: 0 }, signal)));
}

function createStarted(
  { target, dataDir }: WrapperStarterDeps,
  instanceId: string,
  socketPath: string,
  port: StartOptions['port'],
): StartedWrapper {
  const destination: Destination = port === undefined ? { socketPath } : { host: '127.0.0.1', port };
  const findExit = async (): Promise<number | undefined> => {
    const all = await target.observeAll(AbortSignal.timeout(CALL_TIMEOUT_MS));
    const found = all.find((instance) => instance.instanceId === instanceId);
    return found?.state === 'exited' ? (found.exitCode ?? undefined) : undefined;
  };
  const log = async (): Promise<readonly string[]> =>
    await collect(
      target.logs(instanceId, { tail: null, follow: false }, AbortSignal.timeout(CALL_TIMEOUT_MS)),
    );
  const started: StartedWrapper = {
    socketPath,
    request: async (path, options) => await sendRequest(destination, path, options),
    async untilReady() {
      const findState = async (): Promise<string | false> => {
        const [ready, live] = await Promise.all(['/ready', '/live'].map((path) => started.request(path)));
        if (ready?.status === 200) return 'ready';
        return live?.status === 500 && 'not initialised';
      };
      const state = await waitUntil(
        'the job to be ready',
        async () => (await findState().catch(() => false)) || ((await findExit()) !== undefined && 'ended'),
        READY_TIMEOUT_MS,
      ).catch(() => 'not ready');
      if (state !== 'ready') throw new Error(`the job is ${state}; its log: ${(await log()).join('\n')}`);
      return started;
    },
    pid: async () => await findPid(dataDir, instanceId),
    signal: async (name) => void process.kill(await findPid(dataDir, instanceId), name),
    exitCode: async () => await waitUntil('the wrapper to end', findExit),
    isRunning: async () => (await findExit()) === undefined,
    log,
  };
  return started;
}

/** Puts `--port=N` where the socket is named. */
function listenOn(run: RunSpec, port: number): RunSpec {
  const command = run.command
    .map((argument) => (argument === '--uds=${socket}' ? `--port=${port}` : argument))
    .flatMap((argument, index, all) => {
      if (argument === '--uds' && all[index + 1] === '${socket}') return [`--port=${port}`];
      return argument === '${socket}' ? [] : [argument];
    });
  return { ...run, command };
}

/** The wrapper's process: the only child of the shim, which is on record. */
async function findPid(dataDir: string, instanceId: string): Promise<number> {
  const record = await readFile(join(dataDir, 'instances', instanceId, 'process.json'), 'utf8');
  const { pid: shim } = JSON.parse(record) as { readonly pid: number };
  return await waitUntil('the process of the wrapper', async () => {
    const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=']);
    const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
    return rows.find(([, parent]) => parent === shim)?.[0];
  });
}
