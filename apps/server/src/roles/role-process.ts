import { spawn } from 'node:child_process';
import { SHUTDOWN_MESSAGE, childMessageSchema, type ChildMessage } from './child-message.ts';

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it could not even be started. */
  readonly error?: Error;
}

/** One running child. */
export interface RoleProcess {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  /** Resolves once it is gone and all its output was read; never rejects. */
  readonly exited: Promise<Exit>;
  /** Asks it to finish. */
  shutdown(): void;
  /** Ends it at once. */
  kill(): void;
}

interface StartRoleProcessDeps {
  readonly onMessage: (message: ChildMessage) => void;
  /** Gets what the child writes to stdout and stderr. */
  readonly onOutput: (chunk: Buffer) => void;
}

interface StartRoleProcessOptions {
  /** The program: a TypeScript or JavaScript file. */
  readonly entry: string;
  /** Flags of Node.js, before the program. */
  readonly nodeFlags: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Starts a child with an IPC channel. It gets a process group of its own, so that Ctrl-C in a terminal reaches the
 * launcher alone, which then stops the children in the right order; should the launcher be killed, the channel closes
 * and the child ends by itself.
 */
export function startRoleProcess(deps: StartRoleProcessDeps, options: StartRoleProcessOptions): RoleProcess {
  const child = spawn(process.execPath, [...options.nodeFlags, options.entry], {
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
  child.stdout?.on('data', deps.onOutput);
  child.stderr?.on('data', deps.onOutput);
  child.on('message', (message) => {
    // Messages of a newer child that we do not know are none of our business.
    const parsed = childMessageSchema.safeParse(message);
    if (parsed.success) deps.onMessage(parsed.data);
  });
  const exited = new Promise<Exit>((resolve) => {
    child.on('error', (error) => {
      // Errors also tell of a failed send or kill; only without a process there is nothing to wait for.
      if (child.pid === undefined) resolve({ code: null, signal: null, error });
    });
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  return {
    pid: child.pid,
    exited,

    shutdown() {
      if (child.connected) child.send(SHUTDOWN_MESSAGE, () => {});
    },

    kill() {
      child.kill('SIGKILL');
    },
  };
}
