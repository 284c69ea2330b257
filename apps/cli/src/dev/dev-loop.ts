import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import type { CommandContext } from '../command/command-context.ts';
import { readJob, type Job } from '../deploy/read-job.ts';
import { AuthorPaths } from './author-paths.ts';
import { callExample, findExample, NO_EXAMPLE, type ExampleAnswer } from './call-example.ts';
import { createRunDirectory, openDevDirectory } from './dev-directory.ts';
import { createReport, type DevReport, type RunningJob } from './dev-report.ts';
import { startFront, type Front } from './front.ts';
import { createJobLog } from './job-log.ts';
import type { JobProcess } from './job-process.ts';
import { KeptArtifacts } from './kept-artifacts.ts';
import type { OtherJobs } from './other-jobs.ts';
import { readKeys } from './read-keys.ts';
import { Attempts, type AttemptResult, type AttemptTerms } from './start-attempt.ts';
import { FileWatcher } from './watch-files.ts';

/** Calls in progress at a reload may take this long on what ran before. */
const OLD_CALLS_MS = 10 * 60_000;
const OLD_GRACE_MS = 30_000;
/** At the end somebody waits. */
const END_GRACE_MS = 3_000;
/** Mistakes in the job's own files that the first start waits for, too: the author corrects them and saves. */
const WAITED_FOR = new Set([
  'BUILD_FAILED',
  'JOB_NOT_READY',
  'LAUNCH_FAILED',
  'MANIFEST_INVALID',
  'SECRET_FILE_INVALID',
]);

export interface DevOptions {
  readonly workdir: string | undefined;
  readonly extraVars: readonly string[];
  readonly extraEnv: Readonly<Record<string, string>>;
  readonly plugin: string | undefined;
  readonly port: { readonly port: number; readonly mayMove: boolean };
  readonly otherJobs: OtherJobs | undefined;
  readonly chooseSource: AttemptTerms['chooseSource'];
  /** Says where the job is, instead of a list of addresses. */
  readonly announce?: (job: RunningJob) => string;
  /** Whether what is saved is started. */
  readonly reloads: boolean;
  /** Ends after one call of the example. */
  readonly isOnce: boolean;
}

/**
 * Runs a job on this machine until Ctrl-C: builds and starts it, and does so again whenever a file is saved.
 *
 * @returns the answer to the example, with `isOnce`.
 * @throws PlatformError when the job cannot be started and there is nothing to wait for.
 */
export async function runDevLoop(
  context: CommandContext,
  options: DevOptions,
): Promise<ExampleAnswer | undefined> {
  const { io, log } = context;
  const stop = new AbortController();
  const onStop = (): void => stop.abort(io.signal.reason);
  if (io.signal.aborted) onStop();
  io.signal.addEventListener('abort', onStop, { once: true });
  await using resources = new AsyncDisposableStack();
  resources.defer(() => io.signal.removeEventListener('abort', onStop));

  const dev = await openDevDirectory(io.home);
  const run = resources.use(await createRunDirectory());
  const authToken = randomBytes(16).toString('hex');
  const front = resources.use(
    await startFront({ ...options.port, otherJobs: options.otherJobs, localToken: authToken }),
  );
  if (front.port !== options.port.port && options.port.port !== 0) {
    log.note(`port ${options.port.port} is taken; this job is at ${front.port}`);
  }
  const hasKeys = io.stdin.kind === 'terminal' && io.stderr.isTerminal && !options.isOnce;
  const artifacts = resources.use(
    await KeptArtifacts.open(dev.runs, resolve(io.cwd, options.workdir ?? '.')),
  );
  const authorPaths = new AuthorPaths(dev.builds);
  const showLine = createJobLog(io, log, options.isOnce ? 'stderr' : 'stdout');
  const attempts = new Attempts(context, {
    dev,
    artifacts,
    runDir: run.path,
    plugin: options.plugin,
    extraEnv: options.extraEnv,
    chooseSource: options.chooseSource,
    pubUrl: `${front.url}/pub`,
    authToken,
    authorPaths,
    onLine: (line) => showLine(authorPaths.rewrite(line)),
  });
  const report = createReport(io, log, { hasKeys, announce: options.announce });
  const loop = resources.use(new DevLoop(context, { options, front, attempts, artifacts, report, stop }));
  if (hasKeys) resources.use(readKeys(io, (key) => loop.pressKey(key)));
  try {
    return await loop.run();
  } catch (error) {
    // Ended by whoever sits there, and that is how it is meant to end.
    if (stop.signal.aborted && !options.isOnce) return undefined;
    throw error;
  }
}

interface LoopParts {
  readonly options: DevOptions;
  readonly front: Front;
  readonly attempts: Attempts;
  readonly artifacts: KeptArtifacts;
  readonly report: DevReport;
  readonly stop: AbortController;
}

/** What serves calls now. */
interface Serving {
  readonly process: JobProcess;
  readonly identity: string;
  readonly running: RunningJob;
}

/** One start after the other, each until the next change. */
class DevLoop implements AsyncDisposable {
  readonly #context: CommandContext;
  readonly #parts: LoopParts;
  /** All that run: the one that serves, and former ones that end their calls. */
  readonly #processes = new Map<JobProcess, { readonly sourceDir: string }>();
  readonly #ended = Promise.withResolvers<never>();
  #serving: Serving | undefined;
  #wasReady = false;
  /** Whether the last attempt did. */
  #hasFailed = false;
  /** What ends from now on is ended by us. */
  #isOver = false;
  #changed = Promise.withResolvers<void>();
  #attempt = new AbortController();

  constructor(context: CommandContext, parts: LoopParts) {
    this.#context = context;
    this.#parts = parts;
    this.#ended.promise.catch(() => {});
  }

  async run(): Promise<ExampleAnswer | undefined> {
    const { options, stop } = this.#parts;
    const { signal } = stop;
    const stopped = new Promise<never>((_resolve, reject) => {
      const end = (): void => reject(signal.reason as Error);
      if (signal.aborted) end();
      signal.addEventListener('abort', end, { once: true });
    });
    stopped.catch(() => {});
    let job: Job | undefined = await this.#readJob();
    using _watcher = options.reloads ? await FileWatcher.open(job.root, () => this.#noteChange()) : undefined;
    for (;;) {
      const changed = this.#changed.promise;
      await this.#tryStart(job, AbortSignal.any([signal, this.#attempt.signal]));
      job = undefined;
      if (options.isOnce && this.#serving !== undefined) {
        const { example } = this.#serving.running;
        if (example !== undefined) return await callExample(example, signal);
        this.#parts.report.note(`${NO_EXAMPLE}; not called`);
        return undefined;
      }
      await Promise.race([changed, stopped, this.#ended.promise]);
    }
  }

  /** Does what a key stands for. */
  pressKey(key: string): void {
    const { stop, report } = this.#parts;
    const running = this.#serving?.running;
    if (key === 'q' || key === '\u0003' || key === '\u0004') stop.abort(new Error('quit'));
    else if (key === 'r') this.#restart();
    else if (running === undefined) return;
    else if (key === 'o') report.addresses(running);
    else if (key === 'c') void this.#callExample(running);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.#parts.front.use(undefined, 'it is being stopped');
    await Promise.all([...this.#processes.keys()].map(async (process) => await process.stop(END_GRACE_MS)));
  }

  async #readJob(): Promise<Job> {
    const { workdir, extraVars } = this.#parts.options;
    const job = await readJob(this.#context, { workdir, extraVars, acceptsPipe: false });
    if (!this.#wasReady) for (const warning of job.warnings) this.#context.log.warn(warning);
    return job;
  }

  #noteChange(): void {
    this.#attempt.abort(new Error('a file was saved'));
    this.#attempt = new AbortController();
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #restart(): void {
    if (this.#serving !== undefined) this.#serving = { ...this.#serving, identity: '' };
    this.#parts.attempts.forgetPlan();
    this.#noteChange();
  }

  /** @param given - the job as it was just read. */
  async #tryStart(given: Job | undefined, signal: AbortSignal): Promise<void> {
    const { attempts, options, report, stop } = this.#parts;
    try {
      const job = given ?? (await this.#readJob());
      const result = await attempts.start(job, this.#serving?.identity, signal);
      if (result.kind === 'started') await this.#serve(result);
      else this.#noteUnchanged();
      this.#hasFailed = false;
    } catch (error) {
      stop.signal.throwIfAborted();
      // A newer change is tried instead.
      if (signal.aborted) return;
      // Once it goes round, whatever is wrong may be put right by the next save: a manifest that is away while a branch
      // is switched, a job type with a slip of the pen.
      const isMistake = PlatformError.is(error) && (given === undefined || WAITED_FOR.has(error.code));
      const isWaiting = options.reloads && isMistake;
      if (!isWaiting) throw error;
      this.#hasFailed = true;
      report.failed(error, this.#serving?.running);
      if (this.#serving === undefined) this.#parts.front.use(undefined, 'the last start failed');
    }
  }

  #noteUnchanged(): void {
    this.#context.log.clearStatus();
    const since = this.#serving?.running.since;
    if (this.#hasFailed && since !== undefined)
      this.#parts.report.note(`as it was: the version of ${since} serves`);
  }

  async #serve(result: Extract<AttemptResult, { kind: 'started' }>): Promise<void> {
    const { front, report } = this.#parts;
    const { process, planned, identity, times } = result;
    const { name, version } = result.job.manifest;
    const former = this.#serving?.process;
    this.#processes.set(process, { sourceDir: result.sourceDir });
    front.use({ name, socket: process.socket });
    void process.ended.then((how) => this.#noteEnd(process, how));
    const base = `${front.url}/pub/job/${name}/${version}`;
    const example = await findExample(base, this.#parts.stop.signal);
    const since = new Date(this.#context.io.nowMs()).toTimeString().slice(0, 8);
    const { jobType, tool } = planned;
    const running = { name, version, jobType, tool, url: front.url, example, since };
    if (!process.hasEnded()) this.#serving = { process, identity, running };
    report.ready(running, times, !this.#wasReady);
    this.#wasReady = true;
    if (former !== undefined) void this.#retire(former);
    else await this.#removeFormer();
  }

  /** Calls in progress end where they began. */
  async #retire(process: JobProcess): Promise<void> {
    await this.#parts.front.waitForCalls(process.socket, OLD_CALLS_MS);
    await process.stop(OLD_GRACE_MS);
    await this.#removeFormer();
  }

  /** What nothing runs from any more. */
  async #removeFormer(): Promise<void> {
    if (this.#parts.stop.signal.aborted) return;
    await this.#parts.artifacts.removeOthers([...this.#processes.values()].map(({ sourceDir }) => sourceDir));
  }

  #noteEnd(process: JobProcess, how: string): void {
    const { front, options, report, stop } = this.#parts;
    this.#processes.delete(process);
    const serves = this.#serving?.process === process;
    if (!serves || this.#isOver || stop.signal.aborted) return;
    this.#serving = undefined;
    front.use(undefined, `it ended: ${how}`);
    if (options.reloads) report.crashed(how);
    else this.#ended.reject(new PlatformError('JOB_NOT_READY', `the job ended: ${how}`));
  }

  async #callExample(running: RunningJob): Promise<void> {
    const { report, stop } = this.#parts;
    if (running.example === undefined) return report.note(NO_EXAMPLE);
    try {
      const { status, text } = await callExample(running.example, stop.signal);
      report.note(`${status} ${text.trimEnd()}`);
    } catch (error) {
      report.note(`the example could not be called: ${String(error)}`);
    }
  }
}
