/**
 * Fields that describe one connection and must not be forwarded (RFC 9110, 7.6.1), with those that speak to the
 * proxy itself (RFC 9110, 11.7). `te` and `trailer` have rules of their own.
 */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Fields that delimit or route the message: naming them in `Connection` has no effect (RFC 9110, 7.6.1). */
const NEVER_NAMED: ReadonlySet<string> = new Set(['content-length', 'host']);

/** Header lines as `node:http` gives and takes them: name, value, name, value. */
export type RawHeaders = readonly string[];

/**
 * Finds out which fields stay behind.
 *
 * @param connection - the value of `Connection`, if any.
 * @returns a test for lower-case names.
 */
export function selectHopByHop(connection: string | undefined): (name: string) => boolean {
  if (connection === undefined || isCommon(connection)) return (name) => HOP_BY_HOP.has(name);
  const named = new Set(connection.split(',').map((option) => option.trim().toLowerCase()));
  return (name) => HOP_BY_HOP.has(name) || (named.has(name) && !NEVER_NAMED.has(name));
}

/** Values that name no further field, which nearly all clients send. */
function isCommon(connection: string): boolean {
  return connection === 'keep-alive' || connection === 'close' || connection === 'Keep-Alive';
}
