/** Whether a path may be forwarded, and how to spell it for authorisation. */
export type InspectedPath =
  | { readonly isSafe: false; readonly reason: string }
  | {
      readonly isSafe: true;
      /** True when the path has one spelling only: it is its own canonical form. */
      readonly isPlain: boolean;
      /** Spells a part of the path canonically, see {@link canonicalizePath}. */
      readonly canonicalize: (part: string) => string;
    };

/** Whatever can make two readers of one path disagree; nearly every path has none of it. */
// oxlint-disable-next-line no-control-regex -- finding them is the point
const UNUSUAL = /[%\\;#\u0000-\u0020\u007f-\uffff]|\/\./;
const BROKEN_ESCAPE = /%(?![\dA-Fa-f]{2})/;
// oxlint-disable-next-line no-control-regex -- finding them is the point
const CONTROL_OR_BACKSLASH = /[\u0000-\u001f\u007f\\]/;
/** ASCII spelt in more bytes than needed, which lenient decoders read as `.` or `/` (RFC 3629, 10). */
const OVERLONG_ASCII = /[\u00c0\u00c1]|\u00e0[\u0080-\u009f]|\u00f0[\u0080-\u008f]/;
const SAFE_PLAIN: InspectedPath = { isSafe: true, isPlain: true, canonicalize: (part) => part };
const SAFE: InspectedPath = { isSafe: true, isPlain: false, canonicalize: canonicalizePath };

/**
 * Refuses a path that a job could resolve to another one than pub authorises: dot segments in any spelling
 * (RFC 3986, 3.3 and 5.2.4), backslashes, control characters, fragments and broken escapes.
 *
 * @param path - raw, with one character per byte, as `node:http` gives it.
 */
export function inspectPath(path: string): InspectedPath {
  if (!UNUSUAL.test(path)) return SAFE_PLAIN;
  if (path.includes('#')) return refuse('it contains "#"');
  if (BROKEN_ESCAPE.test(path)) return refuse('it contains "%" without two hexadecimal digits');
  const bytes = path.replace(/%([\dA-Fa-f]{2})/g, (_escape, hex: string) => byteOf(hex));
  if (CONTROL_OR_BACKSLASH.test(bytes)) return refuse('it contains a control character or a backslash');
  if (OVERLONG_ASCII.test(bytes)) return refuse('it contains an overlong encoding');
  if (bytes.split('/').some(isDotSegment)) return refuse('it contains a dot segment');
  return SAFE;
}

/**
 * Spells equal paths equally: escapes are decoded, except those of `/` and `%`, which stay escaped because they
 * differ from the bare characters, and bytes that are not UTF-8. The result is what permissions and public
 * endpoints are compared with, so `/a%2Fb` never counts as lying below `/a`.
 */
function canonicalizePath(path: string): string {
  const withoutAscii = path.replace(/%([0-7][\dA-Fa-f])/g, (escape, hex: string) => {
    const character = byteOf(hex);
    return character === '/' || character === '%' ? escape.toUpperCase() : character;
  });
  return withoutAscii.replace(/(?:%[89A-Fa-f][\dA-Fa-f]|[\u0080-\u00ff])+/g, decodeUtf8);
}

function decodeUtf8(run: string): string {
  const bytes = Buffer.from(
    run.replace(/%([\dA-Fa-f]{2})/g, (_escape, hex: string) => byteOf(hex)),
    'latin1',
  );
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return Array.from(bytes, (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
  }
}

/** Also with path parameters: some servers strip `;x` first and then resolve `..`. */
function isDotSegment(segment: string): boolean {
  const parameterAt = segment.indexOf(';');
  const bare = parameterAt === -1 ? segment : segment.slice(0, parameterAt);
  return bare === '.' || bare === '..';
}

function byteOf(hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16));
}

function refuse(reason: string): InspectedPath {
  return { isSafe: false, reason };
}
