/** Names of jobs: letters of either case, digits, `-` and `_`; targets derive safe resource names (design 5). */
export const JOB_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

/** As loose as in Racetrack 2.36: something on either side of an at sign. */
export const EMAIL = /.@./;

/** `name:version` with one colon and no white space. */
export const JOB_TYPE = /^[^\s:]+:[^\s:]+$/;

/** What repositories are fetched by. Whether a server allows local ones is its own decision. */
export const GIT_REMOTE = /^(?:https:\/\/|file:\/\/\/|\/)[^\s\\]+$/;

/** A branch, tag or commit; keeps out what git refuses and what it would take for an option (git-check-ref-format). */
export const GIT_BRANCH = /^(?!-)(?!.*\.\.)(?!.*@\{)[^\s~^:?*[\\]+$/;

/** Names of environment variables that every shell and language can read (POSIX.1-2017, 8.1, and lower case). */
export const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** One system package, with what apt and apk allow beside a name: a version, an architecture, a release. */
export const SYSTEM_PACKAGE = /^[A-Za-z0-9][A-Za-z0-9.+:=~_@/-]{0,199}$/;

/** A path of an endpoint, with or without the leading slash. */
export const ENDPOINT = /^[^\s?#\\]+$/;

// oxlint-disable-next-line no-control-regex -- finding them is the point
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f]/;

/** Whether a text holds a line end or another control character. */
export function hasControlCharacters(text: string): boolean {
  return CONTROL_CHARACTERS.test(text);
}

/** Whether a relative path with `/` stays below the directory that it starts from, whatever is there. */
export function staysInside(path: string): boolean {
  if (path.startsWith('/') || /^[A-Za-z]:|\\/.test(path) || hasControlCharacters(path)) return false;
  let depth = 0;
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    depth += part === '..' ? -1 : 1;
    if (depth < 0) return false;
  }
  return true;
}

/** Whether a text names a repository as `https://host/path`, `file:///path` or `/path`. */
export function isGitRemote(text: string): boolean {
  if (!GIT_REMOTE.test(text) || hasControlCharacters(text)) return false;
  if (text.startsWith('/')) return true;
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'file:' ? url.hostname === '' : url.hostname !== '');
}
