import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../platform/find-free-port.ts';

/** A server that answers calls on a port of this machine. */
export interface Contender {
  readonly pid: number;
  readonly port: number;
}

const START_LIMIT_MS = 20_000;
const LOOK_EVERY_MS = 20;

/**
 * Starts a server that is told its port, and waits until it accepts connections; it ends with `cleanup`.
 *
 * @param compose - program and arguments for a port.
 */
export async function startServer(
  cleanup: AsyncDisposableStack,
  cwd: string,
  compose: (port: number) => readonly [string, ...string[]],
): Promise<Contender> {
  const port = await findFreePort();
  const [program, ...args] = compose(port);
  // Its log is written, as in real life, but to nowhere.
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-2_000)));
  const exited = new Promise<void>((resolve) => {
    child.on('close', () => resolve());
    child.on('error', () => resolve());
  });
  cleanup.defer(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const giveUpAt = Date.now() + START_LIMIT_MS;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || child.pid === undefined || Date.now() > giveUpAt) {
      throw new Error(`${program} ${args[0]} did not start: ${complaints}`);
    }
    await sleep(LOOK_EVERY_MS);
  }
  return { pid: child.pid ?? 0, port };
}

async function accepts(port: number): Promise<boolean> {
  const { connect } = await import('node:net');
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
