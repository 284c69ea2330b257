/** Work shorter than this is not worth a line, and neither is a step. */
const INTERVAL_MS = 1_000;
const MEBIBYTE = 1024 * 1024;

/** A number of bytes for people. */
export function formatBytes(bytes: number): string {
  return bytes < MEBIBYTE ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / MEBIBYTE).toFixed(1)} MiB`;
}

/** Tells people who wait how far it is: a line a second, none in the first. */
export function createByteProgress(
  writeErr: (text: string) => void,
  what: string,
  now: () => number = Date.now,
): (bytes: number) => void {
  let toldAt = now();
  return (bytes) => {
    if (now() - toldAt < INTERVAL_MS) return;
    toldAt = now();
    writeErr(`${what}: ${formatBytes(bytes)} …\n`);
  };
}
