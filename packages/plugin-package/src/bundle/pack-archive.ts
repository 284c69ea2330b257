import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

/** A file as it goes into an archive. */
export interface ArchiveMember {
  readonly path: string;
  readonly data: Buffer;
  readonly isExecutable: boolean;
}

/**
 * Makes a ZIP that depends on nothing but its files: sorted by path, one time, two modes, and stored without
 * compression as the original's bundler does.
 */
export async function packArchive(members: readonly ArchiveMember[]): Promise<Buffer> {
  const zip = new ZipFile();
  // The first moment that a ZIP can tell; in local time, as a ZIP keeps it, so that every time zone writes the same.
  const firstMoment = new Date(1980, 0, 1);
  const options = { mtime: firstMoment, compress: false, forceDosTimestamp: true };
  const failure = new Promise<never>((_resolve, reject) => {
    zip.on('error', reject);
  });
  for (const { path, data, isExecutable } of members.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    zip.addBuffer(data, path, { ...options, mode: isExecutable ? 0o100755 : 0o100644 });
  }
  zip.end();
  return await Promise.race([buffer(zip.outputStream), failure]);
}
