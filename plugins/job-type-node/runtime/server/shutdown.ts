import type { Server } from 'node:http';
import type { CallDesk } from './call-desk.ts';
import type { Log } from './log.ts';
import type { PlainLane } from './plain-lane.ts';
import type { Workers } from './workers.ts';

export interface ShutdownDeps {
  readonly server: Server;
  readonly lane: PlainLane;
  readonly desk: CallDesk;
  readonly workers: Workers;
  readonly log: Log;
  /** Milliseconds that calls in progress may go on. */
  readonly graceMs: number;
}

const POLL_MS = 10;

/** Ends the process with 0 after SIGTERM or SIGINT: once calls in progress are done, or at the second signal. */
export function handleSignals(deps: ShutdownDeps): void {
  const { server, lane, desk, workers, log } = deps;
  let isStopping = false;

  function finish(): void {
    if (desk.size > 0) {
      log.line('WARNING', `${desk.size} calls were still in progress at the end`);
      desk.abortAll('the job is shutting down');
    }
    workers.stop();
    process.exit(0);
  }

  function stop(signal: NodeJS.Signals): void {
    if (isStopping) return finish();
    isStopping = true;
    log.line('INFO', `received ${signal}, shutting down...`);
    server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'));
    server.close(finish);
    lane.close();
    server.closeIdleConnections();
    setTimeout(finish, deps.graceMs);
    // Connections that become idle after their last call would keep the server open.
    setInterval(() => server.closeIdleConnections(), POLL_MS);
  }

  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
