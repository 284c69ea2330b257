/** User and password before a host (RFC 3986, 3.2.1). Without the scheme: looking for it from every letter is slow. */
const URL_CREDENTIALS = /:\/\/[^/\s:@]*(?::[^/\s@]*)?@/g;
/** Three or more words with dots between them, from the first one's beginning on: looked at once, however long. */
const DOTTED_WORDS = /(?<![\w-])[\w-]+(?:\.[\w-]+){2,}/g;
/** How a JSON Web Token in compact form begins (RFC 7519, 3): base64url of `{"`. */
const TOKEN_START = /\beyJ/;
const SHORTEST_HEADER = 8;
/**
 * Control characters that could rewrite a terminal or a log line, those of C1 and those that turn the direction of
 * writing included; tab and line feed stay.
 */
// oxlint-disable-next-line no-control-regex -- removing them is the point
const CONTROL_CHARACTERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Removes what must never reach a message, a log line or a screen: credentials in URLs, tokens and
 * control characters. The work grows with the length of the text, whatever it holds.
 *
 * @param text - from anywhere, such as the output of `git`.
 */
export function scrub(text: string): string {
  return text
    .replace(URL_CREDENTIALS, '://***@')
    .replace(DOTTED_WORDS, hideTokens)
    .replace(CONTROL_CHARACTERS, '');
}

/** A token is three parts; what stands before it in the first part stays. */
function hideTokens(dotted: string): string {
  const parts = dotted.split('.');
  const shown: string[] = [];
  for (let index = 0; index < parts.length; index += 1) {
    const part = parts[index] ?? '';
    const start = index + 2 < parts.length ? part.search(TOKEN_START) : -1;
    if (start === -1 || part.length - start < SHORTEST_HEADER) {
      shown.push(part);
      continue;
    }
    shown.push(`${part.slice(0, start)}[token]`);
    index += 2;
  }
  return shown.join('.');
}
