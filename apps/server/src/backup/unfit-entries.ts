import { entryOf } from './allowed-paths.ts';

/** What a file system says to a name that it does not take: too long, in no form of its own, or the same as another one. */
const NAME_PROBLEMS = new Set(['ENAMETOOLONG', 'EILSEQ', 'EINVAL', 'EEXIST']);

/** Entries of `builds/` that cannot be made here as they are in the backup. */
export class UnfitEntries {
  readonly reasons = new Map<string, string>();

  /**
   * Makes something, unless it belongs to an entry that is of no use anyway, or comes to be so by it.
   *
   * @param path - in the backup.
   * @returns undefined when it was not made.
   * @throws what `make` throws for other reasons.
   */
  async attempt<T>(path: string, make: () => Promise<T>): Promise<T | undefined> {
    const entry = path.startsWith('builds/') ? entryOf(path) : undefined;
    if (entry !== undefined && this.reasons.has(entry)) return undefined;
    try {
      return await make();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (entry === undefined || !NAME_PROBLEMS.has(code)) throw error;
      this.reasons.set(entry, `the path ${JSON.stringify(path)} cannot be made here (${code})`);
      return undefined;
    }
  }
}
