import { Buffer } from 'node:buffer';
import { text } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { Parser } from 'tar';

/** Unpacks a build context into path and content, in the order of the archive; a link reads `-> target`. */
export async function unpackBuildContext(encoded: string): Promise<Record<string, string>> {
  const files: [string, Promise<string>][] = [];
  const parser = new Parser({
    onReadEntry: (entry) => {
      const content =
        entry.type === 'SymbolicLink' ? Promise.resolve(`-> ${entry.linkpath}`) : text(Readable.from(entry));
      if (entry.type === 'SymbolicLink') entry.resume();
      files.push([entry.path, content]);
    },
  });
  await new Promise((resolve, reject) => {
    parser.on('end', resolve).on('error', reject);
    parser.end(Buffer.from(encoded, 'base64'));
  });
  return Object.fromEntries(
    await Promise.all(files.map(async ([path, content]) => [path, await content] as const)),
  );
}
