import { setTimeout as sleep } from 'node:timers/promises';
import { adviseOnJobError, type Address } from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';
import type { InfrastructureTarget } from '@racetrack-platform/plugin-sdk';
import { probeInstance } from './probe-instance.ts';

/** Lines of the instance's own log that go into the error. */
const LOG_LINES_IN_ERROR = 20;
/** Characters of one line that go into it. */
const MAX_LINE_LENGTH = 500;
/** First pause between looks; grows to the second. Short, because a warm start takes a fraction of a second. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;
/** How often the target is asked whether the process has ended. */
const EXIT_CHECK_INTERVAL_MS = 500;

export interface AwaitReadyOptions {
  readonly target: InfrastructureTarget;
  readonly instanceId: string;
  readonly address: Address;
  readonly deploymentTimestamp: number;
  /** Takes the job's secrets out of what it said itself. */
  readonly mask: (text: string) => string;
  readonly aliveTimeoutMs: number;
  readonly readyTimeoutMs: number;
  /** Called once, when the instance answers but is not ready yet. */
  readonly onAlive: () => Promise<void>;
}

/**
 * Waits until an instance reports the expected timestamp from `/live` and 200 from `/ready`.
 *
 * @throws PlatformError `JOB_NOT_READY` with the reason and the instance's own last log lines, when it reports an
 *   error, ends, or does not get there in time.
 */
export async function awaitReady(options: AwaitReadyOptions, signal: AbortSignal): Promise<void> {
  const startedAt = performance.now();
  let aliveAt: number | undefined;
  let pauseMs = FIRST_PAUSE_MS;
  let exitCheckedAt = startedAt;
  for (;;) {
    const probe = await probeInstance(options.address, options.deploymentTimestamp, signal);
    const now = performance.now();
    if (probe.state === 'ready') return;
    if (probe.state === 'failed') throw await notReady(options, probe.reason, signal);
    if (probe.state === 'initializing' && aliveAt === undefined) {
      aliveAt = now;
      await options.onAlive();
    }
    if (now - exitCheckedAt >= EXIT_CHECK_INTERVAL_MS) {
      exitCheckedAt = now;
      const end = await findExit(options, signal);
      if (end !== undefined) throw await notReady(options, end, signal);
    }
    if (aliveAt === undefined && now - startedAt > options.aliveTimeoutMs) {
      const why = probe.state === 'unreachable' ? probe.reason : 'no answer';
      throw await notReady(options, `Cluster error: ${why}`, signal);
    }
    if (aliveAt !== undefined && now - aliveAt > options.readyTimeoutMs) {
      throw await notReady(options, 'Job initialization timed out', signal);
    }
    await sleep(pauseMs, undefined, { signal });
    pauseMs = Math.min(pauseMs * 1.3, LONGEST_PAUSE_MS);
  }
}

async function findExit(options: AwaitReadyOptions, signal: AbortSignal): Promise<string | undefined> {
  const observed = await options.target.observeAll(signal);
  const own = observed.find((instance) => instance.instanceId === options.instanceId);
  if (own?.state === 'running') return undefined;
  const how = own?.reason ?? (own?.exitCode == null ? 'it is gone' : `exit code ${own.exitCode}`);
  return `Job server crashed while initialization: ${how}`;
}

async function notReady(
  options: AwaitReadyOptions,
  reason: string,
  signal: AbortSignal,
): Promise<PlatformError> {
  const lines: string[] = [];
  try {
    const follow = { tail: LOG_LINES_IN_ERROR, follow: false };
    for await (const line of options.target.logs(options.instanceId, follow, signal)) {
      // Masked first: half a secret would not be recognised.
      const shown = options.mask(line);
      lines.push(shown.length > MAX_LINE_LENGTH ? `${shown.slice(0, MAX_LINE_LENGTH)}…` : shown);
    }
  } catch {
    lines.push('(the log could not be read)');
  }
  const log = lines.length === 0 ? '' : `\nJob logs:\n${lines.join('\n')}`;
  return new PlatformError('JOB_NOT_READY', options.mask(`${reason}${log}`), {
    hint: options.mask(
      adviseOnJobError(reason) ??
        adviseOnJobError(log) ??
        "Look at the constructor and the imports of the job: this is the instance's own last output.",
    ),
  });
}
