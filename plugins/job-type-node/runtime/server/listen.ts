import { lstatSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';

/** Nobody but owner and group may open the socket. */
const SOCKET_UMASK = 0o117;

/**
 * Listens on a Unix socket, or on a port of all interfaces. A socket file left over by a dead process is removed.
 *
 * @throws Error when somebody else listens there.
 */
export async function listen(server: Server, uds: string | undefined, port: number): Promise<void> {
  const listening = once(server, 'listening');
  if (uds === undefined) {
    server.listen(port, '0.0.0.0');
  } else {
    await removeStale(uds);
    const umask = process.umask(SOCKET_UMASK);
    process.umask(umask | SOCKET_UMASK);
    server.listen(uds);
    process.umask(umask);
  }
  await listening;
}

async function removeStale(path: string): Promise<void> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isSocket()) throw new Error(`${path} exists and is not a socket`);
  const isAlive = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', () => resolve(false));
  });
  if (isAlive) throw new Error(`${path}: another process is listening there`);
  unlinkSync(path);
}
