import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { feedMessageSchema, type FeedMessage, type FeedRecord } from '@racetrack-platform/contracts';

/** A pub as far as the change feed is concerned: knows what it was told, and acknowledges it. */
export class FeedFollower implements Disposable {
  readonly records = new Map<string, FeedRecord>();
  /** Every revision applied, in order. */
  readonly revisions: number[] = [];
  isClosed = false;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('close', () => {
      this.isClosed = true;
    });
    socket.on('error', () => {});
    createInterface({ input: socket }).on('line', (line) =>
      this.#apply(feedMessageSchema.parse(JSON.parse(line))),
    );
  }

  /** @param path - of the feed's socket. */
  static async connect(path: string): Promise<FeedFollower> {
    const socket = connect(path);
    await once(socket, 'connect');
    const follower = new FeedFollower(socket);
    follower.#send({ type: 'hello', pubId: 'test', pid: process.pid });
    return follower;
  }

  get revision(): number {
    return this.revisions.at(-1) ?? -1;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #apply(message: FeedMessage): void {
    switch (message.type) {
      case 'begin':
        return this.records.clear();
      case 'put':
        return void this.records.set(`${message.record.kind} ${message.record.id}`, message.record);
      case 'remove':
        return void this.records.delete(`${message.kind} ${message.id}`);
      case 'end':
      case 'commit':
        this.revisions.push(message.revision);
        return this.#send({ type: 'ack', revision: message.revision, inFlight: {} });
      case 'ping':
    }
  }

  #send(message: unknown): void {
    this.#socket.write(`${JSON.stringify(message)}\n`);
  }
}
