import { once } from 'node:events';
import { createConnection } from 'node:net';
import { waitUntil } from '../wait-until.ts';

/** A connection on which bytes are sent as a test wants them. */
export interface RawConnection extends Disposable {
  /** Hands bytes over; resolves once there is room for more, or the connection is closed. */
  write(bytes: string | Buffer): Promise<void>;
  /** Everything that has come so far. */
  readonly received: string;
  readonly isClosed: boolean;
  /** Waits until a pattern is in what has come. */
  untilReceived(pattern: RegExp): Promise<string>;
}

/** Connects to a Unix socket. */
export async function openRawConnection(socketPath: string): Promise<RawConnection> {
  const socket = createConnection(socketPath);
  await once(socket, 'connect');
  let received = '';
  let isClosed = false;
  socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
  // A server may well close such a connection.
  socket.on('error', () => {});
  socket.on('close', () => (isClosed = true));
  const connection: RawConnection = {
    get received() {
      return received;
    },
    get isClosed() {
      return isClosed;
    },
    async write(bytes) {
      if (isClosed || socket.write(bytes)) return;
      await new Promise<void>((resolve) => {
        const end = (): void => {
          socket.off('drain', end).off('close', end);
          resolve();
        };
        socket.on('drain', end).on('close', end);
      });
    },
    async untilReceived(pattern) {
      await waitUntil(`${pattern} in an answer`, () => isClosed || pattern.test(received));
      if (pattern.test(received)) return received;
      throw new Error(`the connection was closed after ${JSON.stringify(received)}`);
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
  return connection;
}
