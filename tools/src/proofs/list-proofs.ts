import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** One long test, and what it shows. */
export interface Proof {
  readonly name: string;
  readonly file: string;
  /** From the comment at the top of the file. */
  readonly description: string;
}

const SUFFIX = '.proof.test.ts';
/** The first line of each proof is such a comment. */
const DESCRIPTION = /^\/\*\* (.+) \*\/\n/;

/**
 * Finds the proofs in a folder.
 *
 * @param folder - holds files `NAME.proof.test.ts`, each with a comment of one line at its top.
 * @returns them in the order of their names.
 * @throws Error for a proof that does not say what it shows.
 */
export async function listProofs(folder: string): Promise<Proof[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(SUFFIX)).sort();
  return await Promise.all(
    files.map(async (file) => {
      const text = await readFile(path.join(folder, file), 'utf8');
      const description = DESCRIPTION.exec(text)?.[1];
      if (description === undefined) throw new Error(`${file} does not start with /** what it shows */`);
      return { name: file.slice(0, -SUFFIX.length), file: path.join(folder, file), description };
    }),
  );
}
