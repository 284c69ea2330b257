import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import type { CommandContext } from '../command/command-context.ts';
import type { Job } from '../deploy/read-job.ts';
import { readSecretVars } from '../deploy/secret-vars.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { createStageClock, type StageClock } from '../output/stage-clock.ts';
import type { AuthorPaths } from './author-paths.ts';
import { awaitReady } from './await-ready.ts';
import { buildJob, type BuildJobOptions } from './build-job.ts';
import { composeLaunch, type Launch } from './compose-launch.ts';
import type { StageTimes } from './dev-report.ts';
import type { DevDirectory } from './dev-directory.ts';
import { startJobProcess, type JobProcess } from './job-process.ts';
import type { KeptArtifacts } from './kept-artifacts.ts';
import { offerLibrary } from './offer-library.ts';
import { planJob, type PlannedJob } from './plan-job.ts';

/** A build may print without end; its last lines are kept for when it fails. */
const KEPT_BUILD_LINES = 500;
const STOP_GRACE_MS = 3_000;

/** What stays the same from start to start. */
export interface AttemptTerms {
  readonly dev: DevDirectory;
  readonly artifacts: KeptArtifacts;
  readonly runDir: string;
  readonly plugin: string | undefined;
  readonly extraEnv: Readonly<Record<string, string>>;
  readonly chooseSource: (job: Job) => Promise<BuildJobOptions['source']>;
  readonly pubUrl: string;
  readonly authToken: string;
  readonly authorPaths: AuthorPaths;
  readonly onLine: (line: string) => void;
}

/** A job that is ready, or the news that it would be the one that runs. */
export type AttemptResult =
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'started';
      readonly job: Job;
      readonly planned: PlannedJob;
      readonly process: JobProcess;
      /** It runs from there. */
      readonly sourceDir: string;
      /** Of what was started: its code, command and environment. */
      readonly identity: string;
      readonly times: StageTimes;
    };

interface RunOptions {
  readonly job: Job;
  readonly identity: string | undefined;
  readonly signal: AbortSignal;
  readonly clock: StageClock;
}

/** Starts jobs, one after the other, each beside what runs. */
export class Attempts {
  readonly #context: CommandContext;
  readonly #terms: AttemptTerms;
  readonly #warned = new Set<string>();
  #lastPlan: { readonly key: string; readonly planned: PlannedJob } | undefined;
  #count = 0;
  #lastTimestamp = 0;

  constructor(context: CommandContext, terms: AttemptTerms) {
    this.#context = context;
    this.#terms = terms;
  }

  /**
   * Plans, builds and starts a job, and waits until it is ready.
   *
   * @param identity - of what runs; the same is not started again.
   * @throws PlatformError of any stage, or the signal's reason; nothing of the attempt runs then.
   */
  async start(job: Job, identity: string | undefined, signal: AbortSignal): Promise<AttemptResult> {
    try {
      using clock = createStageClock(this.#context.log, this.#context.io.monotonicMs);
      return await this.#run({ job, identity, signal, clock });
    } catch (error) {
      if (!PlatformError.is(error)) throw error;
      const { authorPaths } = this.#terms;
      const hint = error.hint === undefined ? undefined : authorPaths.rewrite(error.hint);
      throw new PlatformError(error.code, authorPaths.rewrite(error.message), { hint, cause: error });
    }
  }

  async #run({ job, identity, signal, clock }: RunOptions): Promise<AttemptResult> {
    const { io, log } = this.#context;
    const began = io.monotonicMs();
    const secrets = await readSecretVars({ ...log, info: (text: string) => log.debug(text) }, job);
    clock.begin('planning');
    const planned = await this.#plan(job, signal);
    const plannedAt = io.monotonicMs();
    const build = await this.#build({ job, planned, secrets, signal }, clock);
    const builtAt = io.monotonicMs();
    await this.#terms.artifacts.add(build.sourceDir);
    const socket = join(this.#terms.runDir, `${(this.#count += 1)}.sock`);
    const dataDir = this.#terms.dev.dataOf(job.manifest.name);
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const { extraEnv, pubUrl, authToken } = this.#terms;
    const deploymentTimestamp = Math.max(Math.floor(io.nowMs() / 1_000), this.#lastTimestamp + 1);
    const launch = composeLaunch({
      manifest: job.manifest,
      planned,
      build,
      secrets,
      extraEnv,
      env: io.env,
      dataDir,
      socket,
      pubUrl,
      authToken,
      deploymentTimestamp,
    });
    const own = identify(launch, build.artifactKey);
    if (own === identity) return { kind: 'unchanged' };
    this.#lastTimestamp = deploymentTimestamp;
    clock.begin('starting: the job is not ready yet');
    const process = await this.#launch(launch, signal);
    const times = { plan: plannedAt - began, build: builtAt - plannedAt, start: io.monotonicMs() - builtAt };
    const { sourceDir } = build;
    return { kind: 'started', job, planned, process, sourceDir, identity: own, times };
  }

  /** The job type is asked anew next time. */
  forgetPlan(): void {
    this.#lastPlan = undefined;
  }

  /** The plan depends on the manifest alone. */
  async #plan(job: Job, signal: AbortSignal): Promise<PlannedJob> {
    const { manifest } = job;
    const key = JSON.stringify(manifest);
    if (this.#lastPlan?.key === key) return this.#lastPlan.planned;
    const { io, log } = this.#context;
    const { plugin, dev } = this.#terms;
    const planned = await planJob({ manifest, plugin, pluginDataDir: dev.plugins, env: io.env, log, signal });
    this.#lastPlan = { key, planned };
    return planned;
  }

  async #build(options: Pick<BuildJobOptions, 'job' | 'planned' | 'secrets' | 'signal'>, clock: StageClock) {
    const { io, log, isVerbose } = this.#context;
    const { dev, runDir, artifacts, authorPaths } = this.#terms;
    const lines: string[] = [];
    const onEvent: BuildJobOptions['onEvent'] = (event) => {
      if (event.type === 'phase') clock.begin(`building: ${event.text}`);
      else if (event.type === 'warning') this.#warnOnce(event.text);
      else if (isVerbose) log.debug(event.text);
      else {
        lines.splice(0, lines.push(event.text) - KEPT_BUILD_LINES);
        log.setStatus(terminalSafe(event.text, true));
      }
    };
    const source = await this.#terms.chooseSource(options.job);
    authorPaths.belongTo(source === 'local' ? options.job.root : undefined);
    if (source === 'local') await this.#offerLibrary(options.planned, options.job);
    try {
      return await buildJob({
        ...options,
        source,
        dev,
        runDir,
        runName: artifacts.name,
        env: io.env,
        log,
        onEvent,
      });
    } catch (error) {
      if (!PlatformError.is(error) || error.code !== 'BUILD_FAILED') throw error;
      for (const line of lines) log.note(log.paint.dim(authorPaths.rewrite(line)));
      // Its further lines are the end of what was just printed.
      const [first = error.message] = messageOf(error).split(/\.? Its last lines:\n|\n/, 1);
      throw new PlatformError(error.code, first, { hint: error.hint, cause: error });
    }
  }

  /** For the author's tests and editor; the build does without. */
  async #offerLibrary({ pluginDir }: PlannedJob, { root }: Job): Promise<void> {
    const advice = await offerLibrary(pluginDir, root).catch(() => undefined);
    if (advice === undefined || this.#warned.has(advice)) return;
    this.#warned.add(advice);
    this.#context.log.note(advice);
  }

  #warnOnce(text: string): void {
    if (this.#warned.has(text)) return;
    this.#warned.add(text);
    this.#context.log.warn(text);
  }

  async #launch(launch: Launch, signal: AbortSignal): Promise<JobProcess> {
    const process = await startJobProcess(launch, this.#terms.onLine, this.#terms.runDir);
    try {
      await awaitReady(process, signal);
      return process;
    } catch (error) {
      await process.stop(STOP_GRACE_MS);
      throw error;
    }
  }
}

/** Where it listens and since when is no part of what it is. */
function identify({ command, env, socket }: Launch, artifactKey: string): string {
  const lasting = { ...env, JOB_DEPLOYMENT_TIMESTAMP: '' };
  return JSON.stringify([artifactKey, command, lasting]).replaceAll(socket, '');
}
