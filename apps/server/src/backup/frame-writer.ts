import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Hmac } from 'node:crypto';
import { createGzip, type Gzip } from 'node:zlib';
import { DATA_FRAME_BYTES } from './backup-format.ts';
import { encodeFrame } from './frames.ts';

/** Frames on their way through gzip into a file. */
export class FrameWriter {
  readonly #gzip: Gzip = createGzip();
  readonly #written: Promise<void>;
  readonly #mac: Hmac;

  constructor(file: FileHandle, mac: Hmac) {
    this.#mac = mac;
    this.#written = this.#drain(file);
    // A full disk is told by whatever waits next.
    this.#written.catch((error: unknown) => this.#gzip.destroy(error as Error));
  }

  async write(kind: 'json' | 'data', payload: Buffer): Promise<void> {
    const bytes = encodeFrame(kind, payload);
    this.#mac.update(bytes);
    if (!this.#gzip.write(bytes)) await Promise.race([once(this.#gzip, 'drain'), this.#written]);
  }

  async writeJson(value: unknown): Promise<void> {
    await this.write('json', Buffer.from(JSON.stringify(value)));
  }

  async writeFile<T>(
    path: string,
    mode: number,
    work: (write: (bytes: Buffer) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    let bytes = 0;
    await this.writeJson({ file: path, mode });
    const result = await work(async (data) => {
      bytes += data.length;
      for (let start = 0; start < data.length; start += DATA_FRAME_BYTES) {
        await this.write('data', data.subarray(start, start + DATA_FRAME_BYTES));
      }
    });
    await this.writeJson({ end: path, bytes });
    return result;
  }

  /**
   * Copies a plain file below a folder.
   *
   * @returns its size in bytes; undefined when it is no plain file any more.
   */
  async copyFile(folder: string, path: string): Promise<number | undefined> {
    let file: FileHandle;
    try {
      file = await open(join(folder, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ELOOP'))
        return undefined;
      throw error;
    }
    try {
      const status = await file.stat();
      if (!status.isFile()) return undefined;
      await this.writeFile(path, status.mode & 0o777, async (write) => {
        for await (const chunk of file.createReadStream({ autoClose: false })) await write(chunk as Buffer);
      });
      return status.size;
    } finally {
      await file.close();
    }
  }

  /** The last frame proves all others, and is not proven itself. */
  async finish(): Promise<void> {
    const mac = this.#mac.digest('base64url');
    this.#gzip.end(encodeFrame('json', Buffer.from(JSON.stringify({ mac }))));
    await this.#written;
  }

  async #drain(file: FileHandle): Promise<void> {
    for await (const chunk of this.#gzip) await file.appendFile(chunk as Buffer);
    await file.sync();
  }
}
