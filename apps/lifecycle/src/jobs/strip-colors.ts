/** ANSI sequences that set colours (ECMA-48, 8.3.117), which a browser would show as rubbish. */
// oxlint-disable-next-line no-control-regex -- the escape character is what it looks for
const COLOR_SEQUENCE = /\u001b\[\d*(?:;\d+)*m/g;

export function stripColors(text: string): string {
  return text.replace(COLOR_SEQUENCE, '');
}
