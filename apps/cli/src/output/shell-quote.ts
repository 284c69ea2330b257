/** Quotes a word for a POSIX shell, so that it means only itself (POSIX.1-2017, XCU 2.2.2). */
export function shellQuote(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
