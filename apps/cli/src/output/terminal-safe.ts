/** Colour sequences (ECMA-48 SGR), which logs may keep, or any other control character but tab and line feed. */
// oxlint-disable-next-line no-control-regex -- removing them is the point
const COLOR_OR_CONTROL = /\u001b\[[\d;]*m|[\u0000-\u0008\u000b-\u001f\u007f\u0080-\u009f]/g;

/**
 * Keeps text of a job from moving the cursor or renaming the window; colours stay. Piped output is not touched.
 *
 * @param isTerminal - whether it is going to be shown on one.
 */
export function terminalSafe(text: string, isTerminal: boolean): string {
  if (!isTerminal) return text;
  return text.replace(COLOR_OR_CONTROL, (match) => (match.length > 1 ? match : ''));
}
