import { setTimeout as sleep } from 'node:timers/promises';
import type { Role } from '../config.ts';
import type { ChildMessage, Endpoints } from './child-message.ts';
import { NO_RESTARTS, planRestart } from './plan-restart.ts';
import { RoleFailure } from './role-failure.ts';
import { startRoleProcess, type Exit, type RoleProcess } from './role-process.ts';

/** A role that the launcher keeps running. */
export interface SupervisedRole {
  readonly role: Role;
  /** The process id at this moment. */
  pid(): number | undefined;
  /**
   * Starts it and waits until it is ready.
   *
   * @returns its addresses.
   * @throws {@link RoleFailure} when it gives up, dies, or is not ready in time.
   */
  start(): Promise<Endpoints>;
  /**
   * Asks it to finish and waits; what has not ended in time is killed. Idempotent; also ends a pending restart.
   *
   * @returns whether it ended by itself.
   */
  stop(limitMs: number): Promise<boolean>;
  /** Ends it at once. */
  kill(): void;
}

export interface SuperviseRoleDeps {
  readonly entry: string;
  readonly nodeFlags: readonly string[];
  /** The child's environment at the moment of each start. */
  readonly composeEnvironment: () => NodeJS.ProcessEnv;
  readonly onOutput: (chunk: Buffer) => void;
  readonly onNotice: (text: string) => void;
  /** A new process runs, or one has ended: the list of children has changed. */
  readonly onProcessChange: () => void;
  /** It died and will be started again. */
  readonly onRestart: (reason: string, delayMs: number) => void;
  /** After the first start: it cannot go on, and a restart does not help. */
  readonly onFailure: (failure: RoleFailure) => void;
  readonly readyLimitMs: number;
}

/** How long a child that has said why it gives up may take to end. */
const FATAL_GRACE_MS = 2_000;

/** One life of the child, from start to end. */
interface Run {
  readonly process: RoleProcess;
  /** Rejects with {@link RoleFailure} when the child said `fatal`, died, or took too long. */
  readonly ready: Promise<Endpoints>;
  /** Resolves when it is gone, with what it said last. */
  readonly ended: Promise<{ readonly reason: string; readonly fatal: RoleFailure | undefined }>;
}

/** Creates a role; nothing runs before `start`. */
export function superviseRole(role: Role, deps: SuperviseRoleDeps): SupervisedRole {
  const stopping = new AbortController();
  let current: RoleProcess | undefined;

  function run(): Run {
    const next = startRun(role, deps);
    current = next.process;
    deps.onProcessChange();
    return next;
  }

  /** Waits for the end of each life and starts the next one. */
  async function keepRunning(first: Run): Promise<void> {
    let life = first;
    let history = NO_RESTARTS;
    let readyAt: number | undefined = Date.now();
    for (;;) {
      const { reason, fatal } = await life.ended;
      deps.onProcessChange();
      if (stopping.signal.aborted) return;
      if (fatal !== undefined && !fatal.isRetryable) return deps.onFailure(fatal);
      const diedAt = Date.now();
      const plan = planRestart(history, readyAt === undefined ? 0 : diedAt - readyAt, diedAt);
      history = plan.history;
      deps.onRestart(reason, plan.delayMs);
      if (!(await waitUnless(stopping.signal, plan.delayMs))) return;
      life = run();
      readyAt = await life.ready.then(
        () => Date.now(),
        (failure: RoleFailure) => {
          // Whoever says why it gives up cleans up and ends by itself.
          if (!failure.isRetryable) life.process.kill();
          return undefined;
        },
      );
    }
  }

  return {
    role,
    pid: () => current?.pid,

    async start() {
      const first = run();
      const endpoints = await first.ready;
      void keepRunning(first);
      return endpoints;
    },

    async stop(limitMs) {
      stopping.abort();
      if (current === undefined) return true;
      current.shutdown();
      const hasEnded = await endsWithin(current, limitMs);
      if (!hasEnded) current.kill();
      await current.exited;
      return hasEnded;
    },

    kill() {
      stopping.abort();
      current?.kill();
    },
  };
}

function startRun(role: Role, deps: SuperviseRoleDeps): Run {
  const { promise: ready, resolve: becomeReady, reject: giveUp } = Promise.withResolvers<Endpoints>();
  let fatal: RoleFailure | undefined;

  function handle(message: ChildMessage): void {
    switch (message.type) {
      case 'ready':
        return becomeReady(message.endpoints);
      case 'notice':
        return deps.onNotice(message.text);
      case 'fatal':
        fatal = new RoleFailure(message.message, {
          hint: message.hint ?? undefined,
          exitCode: message.exitCode,
          isRetryable: message.retryable,
        });
        giveUp(fatal);
        void endsWithin(process, FATAL_GRACE_MS).then((hasEnded) => hasEnded || process.kill());
    }
  }

  const process = startRoleProcess(
    { onMessage: handle, onOutput: deps.onOutput },
    { entry: deps.entry, nodeFlags: deps.nodeFlags, env: deps.composeEnvironment() },
  );
  const limit = setTimeout(() => {
    const message = `${role} was not ready within ${deps.readyLimitMs / 1000} seconds`;
    giveUp(new RoleFailure(message, { exitCode: 1, hint: 'Its log file says how far it came.' }));
  }, deps.readyLimitMs);
  const ended = process.exited.then((exit) => {
    const reason = describeExit(role, exit);
    giveUp(fatal ?? new RoleFailure(reason, { exitCode: 1, hint: 'Its log file holds its last words.' }));
    return { reason: fatal === undefined ? reason : `${role} gave up: ${fatal.message}`, fatal };
  });
  void ready.then(
    () => clearTimeout(limit),
    () => clearTimeout(limit),
  );
  return { process, ready, ended };
}

async function endsWithin(process: RoleProcess, limitMs: number): Promise<boolean> {
  const timer = new AbortController();
  const timeout = sleep(limitMs, false, { signal: timer.signal }).catch(() => false);
  const hasEnded = await Promise.race([process.exited.then(() => true), timeout]);
  timer.abort();
  return hasEnded;
}

async function waitUnless(signal: AbortSignal, delayMs: number): Promise<boolean> {
  try {
    await sleep(delayMs, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}

function describeExit(role: Role, { code, signal, error }: Exit): string {
  if (error !== undefined) return `${role} could not be started: ${error.message}`;
  return signal === null ? `${role} ended with exit code ${code}` : `${role} was ended by ${signal}`;
}
