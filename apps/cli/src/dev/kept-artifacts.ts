import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Digits of a name that stands for a job's directory. */
const NAME_LENGTH = 16;

/**
 * What one run of the local loop has built of one directory. Every save makes a further artifact, and only whoever knows
 * that nobody else uses it may remove it: so a run puts its name into what it builds, and no two that are running have the
 * same. The next run of that directory takes the name over, and with it what was built last.
 */
export class KeptArtifacts implements Disposable {
  /** Enters the keys of what is built. */
  readonly name: string;
  readonly #listPath: string;
  readonly #lock: DatabaseSync;
  readonly #entries: Set<string>;

  private constructor(name: string, listPath: string, lock: DatabaseSync, entries: readonly string[]) {
    this.name = name;
    this.#listPath = listPath;
    this.#lock = lock;
    this.#entries = new Set(entries);
  }

  /**
   * @param dir - where names are kept.
   * @param jobRoot - the job's directory, absolute.
   */
  static async open(dir: string, jobRoot: string): Promise<KeptArtifacts> {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const digest = createHash('sha256').update(jobRoot).digest('hex').slice(0, NAME_LENGTH);
    for (let number = 1; ; number += 1) {
      const name = `${digest}-${number}`;
      const lock = tryLock(join(dir, `${name}.lock`));
      if (lock === undefined) continue;
      const listPath = join(dir, name);
      const text = await readFile(listPath, 'utf8').catch(() => '');
      return new KeptArtifacts(name, listPath, lock, text.split('\n').filter(Boolean));
    }
  }

  /**
   * Notes that something was built.
   *
   * @param sourceDir - as the builder answers it.
   */
  async add(sourceDir: string): Promise<void> {
    this.#entries.add(dirname(sourceDir));
    await this.#save();
  }

  /** Removes all but those whose sources still serve. */
  async removeOthers(servingSourceDirs: readonly string[]): Promise<void> {
    const kept = new Set(servingSourceDirs.map((dir) => dirname(dir)));
    for (const entry of this.#entries) {
      if (kept.has(entry)) continue;
      await rm(entry, { recursive: true, force: true });
      this.#entries.delete(entry);
    }
    await this.#save();
  }

  [Symbol.dispose](): void {
    this.#lock.close();
  }

  async #save(): Promise<void> {
    await writeFile(this.#listPath, [...this.#entries].join('\n'));
  }
}

/** A lock that the kernel gives back when we end, however that is; Node has none of its own, SQLite has. */
function tryLock(path: string): DatabaseSync | undefined {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch {
    database.close();
    return undefined;
  }
}
