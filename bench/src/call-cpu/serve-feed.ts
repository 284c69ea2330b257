import { createServer } from 'node:net';
import type { FeedMessage, FeedRecord } from '@racetrack-platform/contracts';

/**
 * Stands for control: sends each pub that connects one snapshot of the records.
 *
 * @returns stops it.
 */
export async function serveFeed(
  socketPath: string,
  records: readonly FeedRecord[],
): Promise<() => Promise<void>> {
  const messages: FeedMessage[] = [
    { type: 'begin', storeId: 'bench', revision: 1 },
    ...records.map((record): FeedMessage => ({ type: 'put', record })),
    { type: 'end', revision: 1 },
  ];
  const snapshot = messages.map((message) => `${JSON.stringify(message)}\n`).join('');
  const sockets = new Set<{ destroy(): unknown }>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.resume();
    socket.write(snapshot);
    const pinging = setInterval(() => socket.write('{"type":"ping","revision":1}\n'), 2_000);
    socket.on('close', () => clearInterval(pinging));
  });
  await new Promise<void>((resolve) => void server.listen(socketPath, resolve));
  return async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => void server.close(() => resolve()));
  };
}
