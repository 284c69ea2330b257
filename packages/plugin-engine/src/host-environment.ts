/** What a plugin needs to find programs and to reach package indexes; nothing of the platform's own. */
const NAMES = new Set([
  'PATH',
  'HOME',
  'LANG',
  'TZ',
  'TMPDIR',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'REQUESTS_CA_BUNDLE',
  'NODE_EXTRA_CA_CERTS',
  'NODE_COMPILE_CACHE',
  // For tests alone; it goes no further than the host itself.
  'RACETRACK_FAILPOINTS',
]);
const PREFIXES = ['LC_', 'PIP_', 'UV_', 'NPM_CONFIG_'];

/**
 * Selects the part of the platform's environment that a plugin host may see: no secret of the platform's is in it.
 *
 * @param env - the platform's own, usually `process.env`.
 */
export function selectHostEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const selected: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    const upper = name.toUpperCase();
    const isWanted = NAMES.has(upper) || PREFIXES.some((prefix) => upper.startsWith(prefix));
    if (value !== undefined && isWanted) selected[name] = value;
  }
  return selected;
}
