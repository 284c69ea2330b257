/** An address as a number, so that ranges can be compared. */
export interface ParsedAddress {
  /** 32 or 128. */
  readonly bits: number;
  readonly value: bigint;
}

/**
 * Reads an IPv4 address in dotted form or an IPv6 address (RFC 4291, 2.2). One that stands for an IPv4 address, as a
 * socket for both families tells it (`::ffff:10.0.0.1`), is that IPv4 address; the zone of a link-local one is left out.
 *
 * @returns `undefined` for anything else.
 */
export function parseAddress(text: string): ParsedAddress | undefined {
  const plain = text.replace(/%[\w.-]+$/, '');
  if (!plain.includes(':')) {
    const value = parseIpv4(plain);
    return value === undefined ? undefined : { bits: 32, value };
  }
  const value = parseIpv6(plain);
  if (value === undefined) return undefined;
  return value >> 32n === 0xffffn ? { bits: 32, value: value & 0xffffffffn } : { bits: 128, value };
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = (value << 8n) | BigInt(part);
  }
  return value;
}

function parseIpv6(text: string): bigint | undefined {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  const before = parseGroups(head, tail === undefined);
  const after = tail === undefined ? [] : parseGroups(tail, true);
  if (before === undefined || after === undefined) return undefined;
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...before, ...Array.from({ length: missing }, () => 0n), ...after];
  return groups.reduce((value, group) => (value << 16n) | group, 0n);
}

/** @param isEnd - whether the last part may be an IPv4 address. */
function parseGroups(text: string, isEnd: boolean): bigint[] | undefined {
  if (text === '') return [];
  const groups: bigint[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const embedded = isEnd && index === parts.length - 1 && part.includes('.') ? parseIpv4(part) : undefined;
    if (embedded !== undefined) groups.push(embedded >> 16n, embedded & 0xffffn);
    else if (/^[\da-f]{1,4}$/i.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}
