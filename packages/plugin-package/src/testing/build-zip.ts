import { crc32, deflateRawSync } from 'node:zlib';

/** An entry of a ZIP that is written byte by byte: everything may be a lie. */
export interface ZipEntry {
  readonly name: string | Buffer;
  readonly data?: string | Buffer;
  /** Name in front of the data. @defaultValue `name` */
  readonly localName?: string;
  /** 8 deflates the data. @defaultValue 0 */
  readonly method?: number;
  readonly flags?: number;
  /** `st_mode` of Unix. @defaultValue 0o100644 */
  readonly mode?: number;
  readonly crc?: number;
  /** Declared size when unpacked. */
  readonly bytes?: number;
  /** Shares header and data of the entry before. */
  readonly reusesPrevious?: boolean;
}

export const MANIFEST = 'name: sample\nversion: 1.0.0\n';

/** The files that every plugin has. */
export const VALID: readonly ZipEntry[] = [
  { name: 'plugin-manifest.yaml', data: MANIFEST },
  { name: 'plugin.py', data: 'class Plugin:\n    pass\n' },
];

/** Writes a ZIP by the letter of the format (APPNOTE 6.3, 4.3.7, 4.3.12 and 4.3.16), and as wrong as asked for. */
export function buildZip(
  entries: readonly ZipEntry[],
  options: { readonly entryCount?: number } = {},
): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  let headerStart = 0;
  for (const entry of entries) {
    const data = Buffer.from(entry.data ?? '');
    const method = entry.method ?? 0;
    const packed = method === 8 ? deflateRawSync(data) : data;
    const name = Buffer.from(entry.name);
    const localName = entry.localName === undefined ? name : Buffer.from(entry.localName);
    const shared = Buffer.alloc(22);
    shared.writeUInt16LE(entry.flags ?? 0, 0);
    shared.writeUInt16LE(method, 2);
    shared.writeUInt32LE(entry.crc ?? crc32(data), 8);
    shared.writeUInt32LE(packed.length, 12);
    shared.writeUInt32LE(entry.bytes ?? data.length, 16);

    if (entry.reusesPrevious !== true) {
      headerStart = offset;
      const local = Buffer.concat([
        Buffer.from('PK\u0003\u0004\u0014\u0000', 'latin1'),
        shared,
        Buffer.alloc(2),
      ]);
      local.writeUInt16LE(localName.length, 26);
      parts.push(local, localName, packed);
      offset += local.length + localName.length + packed.length;
    }

    const central = Buffer.concat([
      Buffer.from('PK\u0001\u0002\u0014\u0003\u0014\u0000', 'latin1'),
      shared,
      Buffer.alloc(16),
    ]);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 38);
    central.writeUInt32LE(headerStart, 42);
    directory.push(central, name);
  }
  const directoryBytes = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(options.entryCount ?? entries.length, 8);
  end.writeUInt16LE(options.entryCount ?? entries.length, 10);
  end.writeUInt32LE(directoryBytes.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, directoryBytes, end]);
}
