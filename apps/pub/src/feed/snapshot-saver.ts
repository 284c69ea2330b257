import { messageOf } from '@racetrack-platform/errors';
import type { Logger } from '../telemetry/logger.ts';
import { saveSnapshot } from './snapshot-file.ts';
import type { Tables } from './tables.ts';

export interface SnapshotSaverDeps {
  readonly path: string;
  readonly logger: Logger;
  readonly tables: () => Tables | undefined;
  readonly nowMs: () => number;
  /** How long changes are gathered before they are written. */
  readonly delayMs: number;
}

/** Keeps the file on disk near the tables in memory, without writing at every change. */
export interface SnapshotSaver {
  /** Something changed. */
  schedule(): void;
  /** Writes what is not written yet. */
  stop(): Promise<void>;
}

/** Creates the saver; a file that cannot be written is reported and tried again at the next change. */
export function createSnapshotSaver(deps: SnapshotSaverDeps): SnapshotSaver {
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  async function save(): Promise<void> {
    const tables = deps.tables();
    if (tables === undefined) return;
    try {
      await saveSnapshot(deps.path, tables, deps.nowMs());
    } catch (error) {
      deps.logger.warn({ reason: messageOf(error) }, 'snapshot could not be written');
    }
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(save);
    return writing;
  }

  return {
    schedule() {
      timer ??= setTimeout(() => void flush(), deps.delayMs);
    },
    async stop() {
      await (timer === undefined ? writing : flush());
    },
  };
}
