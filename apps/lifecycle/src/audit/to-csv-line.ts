/** What a spreadsheet may take for a formula at the beginning of a cell (OWASP, CSV injection). */
const FORMULA_START = /^[=+\-@\t\r]/;

/**
 * One line of a CSV file (RFC 4180), every cell in quotes. A cell that a spreadsheet would calculate gets an apostrophe
 * in front: names in the log are chosen by those whom it is about.
 */
export function toCsvLine(cells: readonly string[]): string {
  return `${cells.map(toCell).join(',')}\r\n`;
}

function toCell(text: string): string {
  const harmless = FORMULA_START.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}
