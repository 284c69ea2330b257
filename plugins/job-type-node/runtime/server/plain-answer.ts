import type { Socket } from 'node:net';
import type { Reply, Sender } from './reply.ts';

const { STATUS_CODES } = process.getBuiltinModule('node:http');

/** How a connection goes on after its answers. */
export interface AnswerEnding {
  readonly isClosing: boolean;
  readonly deps: { readonly idleMs: number };
}

/** Writes the answers of one connection, one after the other. */
export class PlainAnswer implements Reply {
  isHeadOnly = false;
  /** Whether the caller has yet to take what has been sent. */
  isDraining = false;
  readonly #socket: Socket;
  readonly #ending: AnswerEnding;
  readonly #onFinished: (status: number) => void;
  readonly #keepAlive: string;
  #isChunked = false;
  #sender: Sender | undefined;
  #isGone = false;

  /** @param onFinished - hears the status of each answer that is complete. */
  constructor(socket: Socket, ending: AnswerEnding, onFinished: (status: number) => void) {
    this.#socket = socket;
    this.#ending = ending;
    this.#onFinished = onFinished;
    this.#keepAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${ending.deps.idleMs / 1000}\r\n`;
  }

  answer(status: number, mediaType: string, body: string | Uint8Array, ...more: string[]): void {
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
    const head = this.#composeHead(status, mediaType, `Content-Length: ${length}`, more);
    if (this.isHeadOnly || length === 0) {
      this.#send(head);
    } else if (typeof body === 'string') {
      this.#send(head + body);
    } else {
      this.#socket.cork();
      this.#send(head);
      this.#send(body);
      this.#socket.uncork();
    }
    this.#onFinished(status);
  }

  begin(mediaType: string, length: number | undefined, sender: Sender): void {
    if (this.#isGone) return sender.onGone();
    this.#sender = sender;
    this.#isChunked = length === undefined && !this.isHeadOnly;
    const framing =
      length === undefined
        ? 'Cache-Control: no-cache\r\nTransfer-Encoding: chunked'
        : `Content-Length: ${length}`;
    this.#send(this.#composeHead(200, mediaType, framing));
  }

  write(chunk: string | Uint8Array): boolean {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (!this.#isChunked) {
      this.#send(bytes);
    } else if (bytes.length > 0) {
      // An empty chunk would be the end.
      this.#socket.cork();
      this.#send(`${bytes.length.toString(16)}\r\n`);
      this.#send(bytes);
      this.#send('\r\n');
      this.#socket.uncork();
    }
    return !this.isDraining;
  }

  end(): void {
    this.#sender = undefined;
    if (this.#isChunked) this.#send('0\r\n\r\n');
    this.#onFinished(200);
  }

  cut(): void {
    this.#sender = undefined;
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** The caller has taken all that has been sent. */
  drain(): void {
    this.isDraining = false;
    this.#sender?.onDrain();
  }

  /** The caller has gone. */
  leave(): void {
    this.#isGone = true;
    this.#sender?.onGone();
    this.#sender = undefined;
  }

  #composeHead(status: number, mediaType: string, framing: string, more: readonly string[] = []): string {
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
    if (mediaType !== '') head += `Content-Type: ${mediaType}\r\n`;
    head += `${framing}\r\n`;
    for (let at = 0; at < more.length; at += 2) head += `${more[at]}: ${more[at + 1]}\r\n`;
    return `${head}Date: ${readDate()}\r\n${this.#ending.isClosing ? 'Connection: close\r\n' : this.#keepAlive}\r\n`;
  }

  #send(data: string | Uint8Array): void {
    if (!this.#socket.write(data)) this.isDraining = true;
  }
}

let dateSecond = 0;
let date = '';

/** The time as RFC 9110, section 5.6.7, has it; written once a second. */
function readDate(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    date = new Date(second * 1000).toUTCString();
  }
  return date;
}
