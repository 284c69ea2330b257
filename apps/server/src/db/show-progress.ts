/** Work shorter than this is not worth a line, and neither is a step. */
const INTERVAL_MS = 1_000;

/** Tells people who wait how far it is: a line a second, none in the first. */
export function createProgress(
  writeErr: (text: string) => void,
  now: () => number = Date.now,
): (progress: { readonly table: string; readonly rows: number }) => void {
  let toldAt = now();
  return ({ table, rows }) => {
    if (now() - toldAt < INTERVAL_MS) return;
    toldAt = now();
    writeErr(`${rows} rows, at ${table} …\n`);
  };
}
