import type { CommandContext } from '../command/command-context.ts';
import { renderSize } from '../output/size.ts';

/** What is over sooner needs no progress. */
const QUIET_MS = 1_000;
/** How often a line is printed where a line cannot be replaced. */
const LINE_EVERY_MS = 10_000;

/**
 * Shows on standard error how far a transfer is, once it takes longer than a second: a line that is replaced on a
 * terminal, else a line every ten seconds.
 *
 * @param what - such as `downloading` or `uploading`.
 * @returns to be told bytes so far, and all of them where they are known.
 */
export function showTransfer(
  { io, log }: Pick<CommandContext, 'io' | 'log'>,
  what: string,
): (bytes: number, totalBytes: number | undefined) => void {
  const startedAt = io.monotonicMs();
  let printedAt = startedAt;
  return (bytes, totalBytes) => {
    const now = io.monotonicMs();
    if (now - startedAt < QUIET_MS) return;
    const all = totalBytes === undefined ? '' : ` of ${renderSize(totalBytes)}`;
    const line = `${what}: ${renderSize(bytes)}${all}`;
    if (log.isLive) {
      log.setStatus(line);
    } else if (now - printedAt >= LINE_EVERY_MS) {
      printedAt = now;
      log.note(line);
    }
  };
}
