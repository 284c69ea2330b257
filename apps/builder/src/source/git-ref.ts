// oxlint-disable-next-line no-control-regex -- git refuses them, so do we
const FORBIDDEN = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^\/|\/$|\.$|^-|^@$/;

/**
 * Whether a text can name a branch or tag (git-check-ref-format, rules 1 to 10, and no leading dash, so that it is
 * never taken for an option).
 */
export function isRefName(text: string): boolean {
  if (text === '' || text.length > 1024 || FORBIDDEN.test(text)) return false;
  return text.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'));
}

/** Whether a text is a whole commit id: SHA-1 or SHA-256, hexadecimal. */
export function isCommitId(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(text);
}

/** Whether a text may be the beginning of a commit id; git itself asks for four digits at least. */
export function isAbbreviatedCommitId(text: string): boolean {
  return /^[0-9a-f]{4,63}$/i.test(text) && !isCommitId(text);
}
