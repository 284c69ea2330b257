const UNUSUAL = /[^\da-z-]/;
const UNUSUAL_CHARACTERS = /[^\da-z-]/g;

/**
 * The name that a job may take a header's name for: WSGI and CGI (RFC 3875, 4.1.18) know no difference between `-`
 * and `_`, some servers none between `-` and anything that is neither letter nor digit. Whoever keeps a header back
 * or answers for its value compares folded names.
 *
 * @param name - in lower case.
 */
export function foldName(name: string): string {
  return UNUSUAL.test(name) ? name.replaceAll(UNUSUAL_CHARACTERS, '-') : name;
}
