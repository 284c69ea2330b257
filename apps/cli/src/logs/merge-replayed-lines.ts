/**
 * Which lines of a replay are new: after a reconnection the server sends its last lines again.
 *
 * @param shown - the last lines shown, in order.
 * @param replayed - what the server sent first on the new connection.
 * @returns the part of `replayed` after the longest overlap with the end of `shown`.
 */
export function mergeReplayedLines(shown: readonly string[], replayed: readonly string[]): readonly string[] {
  for (let overlap = Math.min(shown.length, replayed.length); overlap > 0; overlap -= 1) {
    const end = shown.slice(-overlap);
    if (end.every((line, index) => line === replayed[index])) return replayed.slice(overlap);
  }
  return replayed;
}
