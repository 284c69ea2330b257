/** `uri-host [ ":" port ]` (RFC 9110, 7.2; RFC 3986, 3.2.2); a host may be empty. */
const HOST = /^(?:\[[\w.~!$&'()*+,;=:%-]+\]|(?:[\w.~!$&'()*+,;=-]|%[\dA-Fa-f]{2})*)(?::\d*)?$/;

/**
 * Finds out what is wrong with the `Host` of a request (RFC 9112, 3.2): readers that take different lines of it
 * disagree on whom the request is for.
 *
 * @param rawHeaders - name, value, name, value, as received.
 * @param isRequired - whether the version of HTTP demands the header, as all do since 1.1.
 * @returns the reason to refuse the request, if any.
 */
export function inspectHost(rawHeaders: readonly string[], isRequired: boolean): string | undefined {
  let host: string | undefined;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length !== 4 || name.toLowerCase() !== 'host') continue;
    if (host !== undefined) return 'it has more than one Host header';
    host = rawHeaders[index + 1] ?? '';
  }
  if (host === undefined) return isRequired ? 'it has no Host header' : undefined;
  return HOST.test(host) ? undefined : 'its Host header is no host';
}
