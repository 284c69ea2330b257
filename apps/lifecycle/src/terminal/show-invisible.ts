/** Controls, format characters such as those that turn the direction of text, fillers, lone surrogates, private use, line ends. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Whether a text holds a character that nobody sees, or that a terminal obeys. */
export function hasInvisible(text: string): boolean {
  return text.search(INVISIBLE) !== -1;
}

/**
 * Text from elsewhere for a terminal: what would steer it, or deceive its reader, is shown as `\u{1b}`.
 *
 * @param text - one line; a line feed is shown, too.
 */
export function showInvisible(text: string): string {
  return text.replace(INVISIBLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** A value as JSON, in lines; the same characters are escaped in JSON's own way, so that it is read as it was. */
export function toVisibleJson(value: unknown): string {
  const lines = JSON.stringify(value, null, 2).split('\n');
  return lines.map((line) => line.replace(INVISIBLE, escapeUnits)).join('\n');
}

function escapeUnits(character: string): string {
  return [...Array(character.length).keys()]
    .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
    .join('');
}
