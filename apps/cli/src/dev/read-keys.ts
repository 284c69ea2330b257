import { ReadStream } from 'node:tty';
import type { Io } from '../io.ts';

/**
 * Calls a function with each key that is pressed, on a terminal; elsewhere it does nothing.
 *
 * @returns gives the terminal back.
 */
export function readKeys(io: Pick<Io, 'stdin'>, onKey: (key: string) => void): Disposable {
  if (io.stdin.kind !== 'terminal') return { [Symbol.dispose]: () => {} };
  const stream = io.stdin.open();
  const terminal = stream instanceof ReadStream ? stream : undefined;
  const listen = (chunk: Buffer | string): void => {
    for (const key of chunk.toString()) onKey(key);
  };
  terminal?.setRawMode(true);
  stream.on('data', listen);
  return {
    [Symbol.dispose]() {
      stream.off('data', listen);
      terminal?.setRawMode(false);
      stream.pause();
    },
  };
}
