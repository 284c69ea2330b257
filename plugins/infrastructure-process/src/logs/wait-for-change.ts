import { watch } from 'node:fs';

/** File events do not come on every file system; looking twice a second finds what they miss. */
const POLL_MS = 500;

/** Tells when a file may have changed. */
export interface ChangeWatcher extends Disposable {
  /** Resolves after a change, at the latest after the polling interval, or when the signal is aborted. */
  wait(): Promise<void>;
}

/** Watches from now on: a change between two waits is not missed. */
export function watchForChanges(path: string, signal: AbortSignal): ChangeWatcher {
  let hasChanged = false;
  let wake: () => void = () => {};
  const notice = (): void => {
    hasChanged = true;
    wake();
  };
  const watcher = tryWatch(path, notice);
  signal.addEventListener('abort', notice, { once: true });
  return {
    async wait() {
      if (!hasChanged && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        const timer = setTimeout(resolve, POLL_MS);
        await promise;
        clearTimeout(timer);
      }
      hasChanged = false;
    },
    [Symbol.dispose]() {
      signal.removeEventListener('abort', notice);
      watcher?.close();
    },
  };
}

/** There is a limit on watched files; beyond it polling has to do. */
function tryWatch(path: string, notice: () => void): ReturnType<typeof watch> | undefined {
  try {
    const watcher = watch(path, { persistent: false }, notice);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
