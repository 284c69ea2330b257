import type { Io } from '../io.ts';
import { renderDuration } from '../output/duration.ts';
import type { Log } from '../output/log.ts';
import { printError } from '../output/print-error.ts';
import { NO_EXAMPLE, renderExample, type Example } from './call-example.ts';

/** Milliseconds that the stages of one start took. */
export interface StageTimes {
  readonly plan: number;
  readonly build: number;
  readonly start: number;
}

/** What runs now, for people. */
export interface RunningJob {
  readonly name: string;
  readonly version: string;
  /** Resolved, `name:version`. */
  readonly jobType: string;
  /** The interpreter or compiler of this machine that it was built with; undefined when its job type does not say. */
  readonly tool: string | undefined;
  readonly url: string;
  /** Undefined when it documents none. */
  readonly example: Example | undefined;
  /** When it became ready, such as `14:32:05`. */
  readonly since: string;
}

/** Everything that the local loop says, beside what the job itself prints. */
export interface DevReport {
  /** The job is ready; `isFirst`: with all addresses. */
  ready(job: RunningJob, times: StageTimes, isFirst: boolean): void;
  addresses(job: RunningJob): void;
  /** A start failed, and what ran before goes on, if anything did. */
  failed(error: unknown, serving: RunningJob | undefined): void;
  crashed(how: string): void;
  note(text: string): void;
}

/** Creates the report of one run. */
export function createReport(
  io: Pick<Io, 'env'>,
  log: Log,
  options: { readonly hasKeys: boolean; readonly announce?: ((job: RunningJob) => string) | undefined },
): DevReport {
  const { paint } = log;
  const retry = options.hasKeys
    ? 'it is tried again when a file is saved, or with r'
    : 'it is tried again when a file is saved';
  const banner = (text: string): void => log.note(paint.red(`━━ ${text} ━━`));

  function addresses(job: RunningJob): void {
    const { name, version, url, example, tool } = job;
    if (options.announce !== undefined) return log.note(options.announce(job));
    log.note(`  ${url}/  Swagger page`);
    log.note(`  ${url}/pub/job/${name}/${version}/  as on a server`);
    if (tool !== undefined) log.note(paint.dim(`  built with ${tool}`));
    log.note(example === undefined ? paint.dim(`  ${NO_EXAMPLE}`) : `  ${renderExample(example)}`);
    if (options.hasKeys)
      log.note(paint.dim('  c calls the example, r restarts, o prints this again, q quits'));
  }

  return {
    addresses,
    ready(job, times, isFirst) {
      log.clearStatus();
      const total = renderDuration(times.plan + times.build + times.start);
      const stages = `plan ${renderDuration(times.plan)}, build ${renderDuration(times.build)}, start ${renderDuration(times.start)}`;
      const what = `${job.name} ${job.version} (${job.jobType})`;
      log.note(
        `${paint.green(isFirst ? 'ready' : 'reloaded')} in ${total}: ${what} ${paint.dim(`(${stages})`)}`,
      );
      if (isFirst) addresses(job);
    },
    failed(error, serving) {
      printError(log, io, error);
      if (serving === undefined) banner(`not running; ${retry}`);
      else banner(`not in use; the version of ${serving.since} goes on serving`);
    },
    crashed(how) {
      log.clearStatus();
      banner(`the job ended: ${how}; ${retry}`);
    },
    note: (text) => log.note(text),
  };
}
