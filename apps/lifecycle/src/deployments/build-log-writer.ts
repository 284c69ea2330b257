/** Pieces are gathered for so long before they are stored: live to the eye, cheap for the store. */
const FLUSH_INTERVAL_MS = 200;

/** Gathers a build log's text and stores it in pieces, in order. */
export class BuildLogWriter {
  readonly #append: (text: string) => Promise<void>;
  #pending = '';
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** @param append - stores one piece. */
  constructor(append: (text: string) => Promise<void>) {
    this.#append = append;
  }

  write(text: string): void {
    this.#pending += text.endsWith('\n') ? text : `${text}\n`;
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_INTERVAL_MS);
  }

  /** Resolves when all that was written so far is stored. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#pending;
    this.#pending = '';
    // A piece that cannot be stored is lost, but it must not end the build.
    if (text !== '')
      this.#writing = this.#writing.then(async () => await this.#append(text)).catch(() => undefined);
    await this.#writing;
  }
}
