import { watch, type FSWatcher } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { IgnoreFilter } from '@racetrack-platform/plugin-package';
import { createWatchFilter } from './ignored-files.ts';

/** Editors write a file in several steps, and several files one after the other. */
const DEBOUNCE_MS = 60;
/** How often to look whether a directory that went away is back; nothing tells that. */
const RETURN_EVERY_MS = 500;
/** They are among what is ignored, but decide what is built. */
const IGNORE_FILES = new Set(['.gitignore', '.racetrackignore']);

/** A watch, and which directory it is on: another one may take the same path. */
interface Watch {
  readonly inode: number;
  readonly watcher: FSWatcher;
}

/**
 * Watches a job's directory: one watch a directory, none in those that are ignored. (The recursive watch of Node sets one
 * on every file below, of installed packages as well.)
 */
export class FileWatcher implements Disposable {
  readonly #root: string;
  readonly #onChange: () => void;
  readonly #watches = new Map<string, Watch>();
  #isIgnored: IgnoreFilter = () => false;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  private constructor(root: string, onChange: () => void) {
    this.#root = root;
    this.#onChange = onChange;
  }

  /**
   * @param root - absolute.
   * @param onChange - called when files that are not ignored have changed, once for changes that come together.
   */
  static async open(root: string, onChange: () => void): Promise<FileWatcher> {
    const watcher = new FileWatcher(root, onChange);
    await watcher.#followAll();
    return watcher;
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const directory of this.#watches.keys()) this.#forget(directory);
  }

  /** Directories that are new since the last time are watched, too. */
  async #followAll(): Promise<void> {
    this.#isIgnored = await createWatchFilter(this.#root);
    const seen = new Set<string>();
    await this.#follow('', seen);
    for (const directory of this.#watches.keys()) if (!seen.has(directory)) this.#forget(directory);
  }

  async #follow(directory: string, seen: Set<string>): Promise<void> {
    const path = join(this.#root, directory);
    const inode = (await stat(path).catch(() => undefined))?.ino;
    if (inode === undefined) return;
    seen.add(directory);
    this.#watch(directory, inode);
    for (const entry of await readdir(path, { withFileTypes: true }).catch(() => [])) {
      const below = directory === '' ? entry.name : `${directory}/${entry.name}`;
      if (entry.isDirectory() && !this.#isIgnored(below, true)) await this.#follow(below, seen);
    }
  }

  #watch(directory: string, inode: number): void {
    if (this.#isClosed || this.#watches.get(directory)?.inode === inode) return;
    this.#forget(directory);
    try {
      const watcher = watch(join(this.#root, directory), (_event, name) => this.#noteEvent(directory, name));
      watcher.on('error', () => this.#forget(directory));
      this.#watches.set(directory, { inode, watcher });
    } catch {
      // It was removed meanwhile, which its parent tells.
    }
  }

  #forget(directory: string): void {
    this.#watches.get(directory)?.watcher.close();
    this.#watches.delete(directory);
  }

  #noteEvent(directory: string, name: string | null): void {
    const path = directory === '' ? name : `${directory}/${name ?? ''}`;
    const isOwn = name !== null && IGNORE_FILES.has(name);
    if (path !== null && !isOwn && this.#isIgnored(path, false)) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#settle(), DEBOUNCE_MS);
  }

  async #settle(): Promise<void> {
    const wasThere = this.#watches.has('');
    await this.#followAll();
    if (this.#isClosed) return;
    const isThere = this.#watches.has('');
    if (isThere || wasThere) this.#onChange();
    if (!isThere) this.#timer = setTimeout(() => void this.#settle(), RETURN_EVERY_MS);
  }
}
