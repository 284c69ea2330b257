import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import {
  buildEventSchema,
  type BuildEvent,
  type BuildRequest,
  type BuildResult,
  type NativePlan,
} from '@racetrack-platform/contracts/processes';

import { loadConfig } from '../config.ts';
import { runBuilder } from '../run-builder.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
/** Halves the start of a builder; the launcher does the same. */
const COMPILE_CACHE = fileURLToPath(
  new URL('../../../../node_modules/.cache/racetrack-compile', import.meta.url),
);

/** A plan without environment and steps; tests add what they are about. */
export function planOf(changes: {
  readonly environment?: Partial<NativePlan['environment']>;
  readonly steps?: NativePlan['steps'];
  readonly requiredFiles?: NativePlan['requiredFiles'];
}): NativePlan {
  return {
    requiredFiles: changes.requiredFiles ?? [],
    environment: { inputs: {}, files: [], expiresAfterMs: null, steps: [], ...changes.environment },
    steps: changes.steps ?? [],
    run: { command: ['true'], env: {} },
  };
}

/** A step that runs a shell script of the test's. */
export function shell(script: string, title = 'Running a script'): NativePlan['steps'][number] {
  return { title, command: ['sh', '-c', script] };
}

/** A request for a local repository. */
export function requestOf(
  buildsDir: string,
  remote: string,
  changes: Partial<BuildRequest> & {
    readonly git?: Partial<Extract<BuildRequest['source'], { kind: 'git' }>>;
  } = {},
): BuildRequest {
  const { git, ...others } = changes;
  return {
    deploymentId: 'd-1',
    buildsDir,
    source: { kind: 'git', remote, ref: null, commit: null, directory: '', credentials: null, ...git },
    allowLocalGit: true,
    allowPrivate: ['*'],
    gitTimeoutMs: 30_000,
    manifestYaml: MANIFEST,
    jobType: 'shell:1.0.0',
    pluginDir: '/',
    plan: planOf({}),
    trustsHostPaths: true,
    buildEnv: {},
    secretBuildEnv: {},
    secretsKey: 'ab'.repeat(32),
    noCache: false,
    timeoutMs: 30_000,
    limits: { memoryBytes: null, processes: null, diskBytes: null, logBytes: null, cpuMillicores: null },
    account: null,
    tools: null,
    hiddenDirs: [],
    owner: 'tester',
    ...others,
  };
}

/** The manifest that tests submit. */
export const MANIFEST = `name: adder
owner_email: sample@example.com
jobtype: shell:1.0.0
version: 0.0.1
git:
  remote: https://git.example/adder
`;

/** A builder that is running. */
export interface BuilderProcess {
  readonly child: ChildProcess;
  readonly events: BuildEvent[];
  /** Resolves with the first event that fits. */
  readonly waitFor: (matches: (event: BuildEvent) => boolean) => Promise<void>;
  readonly ended: Promise<BuilderOutcome>;
}

export interface BuilderOutcome {
  readonly exitCode: number | null;
  readonly events: readonly BuildEvent[];
  readonly stderr: string;
  readonly durationMs: number;
  readonly log: string;
  readonly warnings: readonly string[];
  readonly result: BuildResult | undefined;
  readonly error: Extract<BuildEvent, { type: 'error' }> | undefined;
}

/** Starts the real program. */
export function startBuilder(request: unknown, env: Readonly<Record<string, string>> = {}): BuilderProcess {
  const startedAtMs = performance.now();
  const child = spawn(process.execPath, [MAIN], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
  });
  const events: BuildEvent[] = [];
  const listeners = new Set<() => void>();
  let stderr = '';
  let durationMs = 0;
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = buildEventSchema.parse(JSON.parse(line));
    if (event.type === 'result' || event.type === 'error') durationMs = performance.now() - startedAtMs;
    events.push(event);
    for (const listener of listeners) listener();
  });
  child.stdin.on('error', () => {});
  child.stdin.write(`${JSON.stringify(request)}\n`);
  const ended = new Promise<BuilderOutcome>((resolve) => {
    child.once('close', (exitCode) => resolve(present(exitCode, events, stderr, durationMs)));
  });
  const waitFor = async (matches: (event: BuildEvent) => boolean): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      if (events.some(matches)) resolve();
    };
    listeners.add(look);
    look();
    void ended.then(() => reject(new Error(`the builder ended: ${JSON.stringify(events)} ${stderr}`)));
    await promise;
  };
  return { child, events, waitFor, ended };
}

/** Runs the real program to its end. */
export async function runBuilderProcess(
  request: unknown,
  env: Readonly<Record<string, string>> = {},
): Promise<BuilderOutcome> {
  return await startBuilder(request, env).ended;
}

/** Runs the program's whole inside in the test's own process: much faster, for all that needs no process. */
export async function runBuilderHere(
  request: unknown,
  env: Readonly<Record<string, string>> = {},
): Promise<BuilderOutcome> {
  const events: BuildEvent[] = [];
  const input = new PassThrough();
  input.write(`${JSON.stringify(request)}\n`);
  let stderr = '';
  const startedAtMs = performance.now();
  const exitCode = await runBuilder({
    config: loadConfig({ PATH: process.env['PATH'], ...env }),
    input,
    write: (line) => void events.push(buildEventSchema.parse(JSON.parse(line))),
    interrupted: new AbortController().signal,
    logFault: (text) => void (stderr += text),
    now: Date.now,
  });
  return present(exitCode, events, stderr, performance.now() - startedAtMs);
}

function present(
  exitCode: number | null,
  events: readonly BuildEvent[],
  stderr: string,
  durationMs: number,
): BuilderOutcome {
  return {
    exitCode,
    events,
    stderr,
    durationMs,
    log: events.flatMap((event) => (event.type === 'log' ? [event.text] : [])).join('\n'),
    warnings: events.flatMap((event) => (event.type === 'warning' ? [event.text] : [])),
    result: events.flatMap((event) => (event.type === 'result' ? [event.result] : []))[0],
    error: events.find((event) => event.type === 'error'),
  };
}
