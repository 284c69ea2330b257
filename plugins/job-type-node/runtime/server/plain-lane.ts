import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { CallDesk } from './call-desk.ts';
import { PlainConnection } from './plain-connection.ts';
import type { PlainHeadReader } from './plain-head.ts';
import type { Router } from './router.ts';

export interface PlainLaneDeps {
  readonly server: Server;
  readonly router: Router;
  readonly desk: CallDesk;
  readonly heads: PlainHeadReader;
  readonly maxBodyBytes: number;
  /** Milliseconds after which an idle connection is closed. */
  readonly idleMs: number;
  /** Milliseconds without a byte after which a body that is still to come is given up. */
  readonly bodyPauseMs: number;
}

/**
 * Plain requests, read and answered without `node:http`, which costs more than the rest of a call. A connection that
 * brings anything else goes to the server's own listener, with the bytes unread.
 */
export class PlainLane {
  readonly deps: PlainLaneDeps;
  readonly #connections = new Set<PlainConnection>();
  readonly #general: (socket: Socket) => void;
  #isClosing = false;

  /** Takes the server's connections over. */
  constructor(deps: PlainLaneDeps) {
    this.deps = deps;
    const { server } = deps;
    const listeners = server.listeners('connection');
    server.removeAllListeners('connection');
    this.#general = (socket) => {
      for (const listener of listeners) Reflect.apply(listener, server, [socket]);
    };
    server.on('connection', (socket) => this.#connections.add(new PlainConnection(this, socket)));
  }

  /** Whether connections end with their next answer. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Ends idle connections, and the others with their answers. */
  close(): void {
    this.#isClosing = true;
    for (const connection of this.#connections) connection.endIfIdle();
  }

  /** Gives a connection to `node:http`, which reads these bytes first. */
  handOver(connection: PlainConnection, socket: Socket, bytes: Buffer): void {
    this.forget(connection);
    socket.pause();
    socket.unshift(bytes);
    this.#general(socket);
    socket.resume();
  }

  forget(connection: PlainConnection): void {
    this.#connections.delete(connection);
  }
}
