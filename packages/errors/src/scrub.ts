/** User and password between a scheme and a host (RFC 3986, 3.2.1). */
const URL_CREDENTIALS = /([a-z][a-z0-9+.-]*:\/\/)[^/\s:@]*(?::[^/\s@]*)?@/gi;
/** A JSON Web Token in compact form (RFC 7519, 3): three base64url parts, the first starting `{"`. */
const JSON_WEB_TOKEN = /\beyJ[\w-]{5,}\.[\w-]+\.[\w-]+/g;
/** Control characters that could rewrite a terminal or a log line; tab and line feed stay. */
// oxlint-disable-next-line no-control-regex -- removing them is the point
const CONTROL_CHARACTERS = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

/**
 * Removes what must never reach a message, a log line or a screen: credentials in URLs, tokens and
 * control characters.
 *
 * @param text - from anywhere, such as the output of `git`.
 */
export function scrub(text: string): string {
  return text
    .replace(URL_CREDENTIALS, '$1***@')
    .replace(JSON_WEB_TOKEN, '[token]')
    .replace(CONTROL_CHARACTERS, '');
}
