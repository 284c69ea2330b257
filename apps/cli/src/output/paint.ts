/** Colours for terminals (ECMA-48 SGR); without colour every function returns its argument. */
export interface Paint {
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  dim(text: string): string;
}

/** @param isColored - false when not on a terminal, or when `NO_COLOR` is set (no-color.org). */
export function createPaint(isColored: boolean): Paint {
  const wrap = (code: number) => (text: string) => (isColored ? `\u001b[${code}m${text}\u001b[0m` : text);
  return { red: wrap(31), green: wrap(32), yellow: wrap(33), dim: wrap(2) };
}
