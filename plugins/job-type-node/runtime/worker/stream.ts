import { copyBytes, encodeJson } from './encode-json.ts';

const BINARY_TYPE = 'application/octet-stream';

export interface StreamWriterOptions {
  /** Server-sent events, rather than one JSON value a line. */
  readonly isSse: boolean;
  /** Chunks that may be on their way. */
  readonly window: number;
  readonly start: (mediaType: string) => void;
  readonly write: (chunk: string | Uint8Array) => void;
}

/** Whether a result is sent piece by piece: generators, and what can be iterated over in time. */
export function isStream(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  if (Symbol.asyncIterator in value) return true;
  return Symbol.iterator in value && 'next' in value && typeof value.next === 'function';
}

/** Sends the values of a generator, no faster than the caller takes them. */
export class StreamWriter {
  readonly #options: StreamWriterOptions;
  #onWay = 0;
  #isStopped = false;
  #isBinary = false;
  #wake: (() => void) | undefined;
  hasStarted = false;

  constructor(options: StreamWriterOptions) {
    this.#options = options;
  }

  /** Ends with its source, or once nobody wants more of it. @throws what the source throws. */
  async pump(source: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> {
    for await (const value of source) {
      if (this.#isStopped) return;
      const isBinary = value instanceof Uint8Array;
      const chunk = isBinary ? copyBytes(value) : this.#encode(value);
      this.begin(isBinary ? BINARY_TYPE : undefined);
      this.#options.write(chunk);
      this.#onWay += 1;
      await this.#untilRoom();
      if (this.#isStopped) return;
    }
  }

  /** Sends the head, if it has not been sent. */
  begin(mediaType = this.#options.isSse ? 'text/event-stream' : 'application/x-ndjson'): void {
    if (this.hasStarted) return;
    this.hasStarted = true;
    this.#isBinary = mediaType === BINARY_TYPE;
    this.#options.start(mediaType);
  }

  /** The last piece of a stream that broke off; bytes get none, which could be taken for some of them. */
  writeFailure(failure: Readonly<Record<string, string | undefined>>): void {
    if (this.#isBinary) return;
    const json = JSON.stringify(failure);
    this.#options.write(this.#options.isSse ? `event: error\ndata: ${json}\n\n` : `${json}\n`);
  }

  acknowledge(chunks: number): void {
    this.#onWay -= chunks;
    if (this.#onWay < this.#options.window) this.#wake?.();
  }

  /** Nobody wants more. */
  stop(): void {
    this.#isStopped = true;
    this.#wake?.();
  }

  #encode(value: unknown): string {
    const json = encodeJson(value);
    return this.#options.isSse ? `data: ${json}\n\n` : `${json}\n`;
  }

  async #untilRoom(): Promise<void> {
    while (this.#onWay >= this.#options.window && !this.#isStopped) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
