import { closeSync, readdirSync, readFileSync } from 'node:fs';

const DESCRIPTORS = '/proc/self/fd';
const FIRST_UNNAMED = 3;
/** Of `open(2)`, octal, as `/proc/PID/fdinfo` shows it: not passed on to programs that are started. */
const CLOSE_ON_EXEC = 0o2_000_000;

/**
 * Closes the files, sockets and pipes that whoever started us has left open, beside the three that have names. All that
 * is started later would have them too: builds and jobs under accounts that could not open them. What Node.js has
 * opened is marked as not to be passed on. Does nothing where there is no `/proc`.
 */
export function closeInherited(): void {
  for (const name of listDescriptors()) {
    const descriptor = Number(name);
    if (descriptor < FIRST_UNNAMED || isOurs(name)) continue;
    try {
      closeSync(descriptor);
    } catch {
      // That of the list itself is closed by now.
    }
  }
}

function listDescriptors(): string[] {
  try {
    return readdirSync(DESCRIPTORS);
  } catch {
    return [];
  }
}

function isOurs(descriptor: string): boolean {
  try {
    const info = readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8');
    const flags = Number.parseInt(/^flags:\s*([0-7]+)$/m.exec(info)?.[1] ?? '', 8);
    return Number.isNaN(flags) || (flags & CLOSE_ON_EXEC) !== 0;
  } catch {
    return true;
  }
}
