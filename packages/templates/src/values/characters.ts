/** The characters of a text by code points, as Python counts them. */
export function charactersOf(text: string): string[] {
  return Array.from(text);
}
