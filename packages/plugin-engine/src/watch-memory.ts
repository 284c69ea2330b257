import { PlatformError } from '@racetrack-platform/errors';
import type { HostConnection } from './host-connection.ts';

/** What a host and everything that it started may hold together. */
export interface MemoryWatch {
  readonly limitBytes: number;
  /** Between two looks, milliseconds: so long a plugin may hold more. */
  readonly intervalMs: number;
  /** @returns bytes of a process and of all below it; `null` when that cannot be told. */
  readonly measure: (pid: number) => Promise<number | null>;
}

/** Looks at a host's memory until it has ended, and ends it when it has too much: no limit of a single process is one of all. */
export function watchMemory(connection: HostConnection, watch: MemoryWatch): void {
  const { pid } = connection;
  if (pid === undefined) return;
  const { limitBytes, intervalMs, measure } = watch;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;

  const plan = (): void => {
    if (isClosed) return;
    timer = setTimeout(() => void look(), intervalMs);
    timer.unref();
  };
  const look = async (): Promise<void> => {
    const bytes = (await measure(pid).catch(() => null)) ?? 0;
    if (bytes > limitBytes) connection.kill(createMemoryError(limitBytes));
    plan();
  };
  plan();
  void connection.closed.then(() => {
    isClosed = true;
    clearTimeout(timer);
  });
}

function createMemoryError(limitBytes: number): PlatformError {
  const mebibytes = Math.round(limitBytes / 1024 ** 2);
  return new PlatformError(
    'PLUGIN_UNAVAILABLE',
    `the plugin was ended: it took more than ${mebibytes} MiB of memory`,
    { hint: 'The next call starts it again. Ask it for less, or report it to the author of the plugin.' },
  );
}
