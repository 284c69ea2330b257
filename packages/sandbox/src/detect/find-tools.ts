import { accessSync, constants, readFileSync, realpathSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { ConfinementTools } from '../command/confinement-options.ts';

/** Fixed, so that nobody's PATH decides which program drops privileges. */
const DIRECTORIES = [
  '/usr/bin',
  '/bin',
  '/usr/sbin',
  '/sbin',
  '/usr/local/bin',
  '/run/current-system/sw/bin',
];
const HIDDEN = ['/root', '/home', '/run'];
/** What name resolution reads; on many machines they are links into `/run`. */
const RESOLVER_FILES = ['/etc/resolv.conf', '/etc/hosts', '/etc/localtime'];

const CAP_SYS_RESOURCE = 1n << 24n;
const DEFAULT_MAX_OPEN_FILES = 1024;

/** Finds the programs that confine; whether they work is for trials to show. */
export function findTools(isRoot: boolean): ConfinementTools {
  const alwaysHidden = findHidden();
  return {
    isRoot,
    setpriv: findProgram('setpriv'),
    prlimit: findProgram('prlimit'),
    bwrap: findProgram('bwrap'),
    env: findProgram('env'),
    maxOpenFiles: readMaxOpenFiles(),
    alwaysHidden,
    alwaysVisible: findVisible(alwaysHidden),
  };
}

function findProgram(name: string): string | null {
  return DIRECTORIES.map((dir) => join(dir, name)).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function findHidden(): string[] {
  const paths = [...HIDDEN, findHome()].map(resolveLinks).filter((path) => path !== undefined);
  const directories = paths.filter((path) => path !== '/' && statSync(path).isDirectory());
  return [...new Set(directories)];
}

/** From the user database: `HOME` may have been set to anything. */
function findHome(): string {
  try {
    return userInfo().homedir;
  } catch {
    // A number without an entry, as is usual in containers.
    return '/root';
  }
}

function findVisible(hidden: readonly string[]): string[] {
  const files = RESOLVER_FILES.map(resolveLinks).filter((path) => path !== undefined);
  return files.filter((path) => hidden.some((dir) => path.startsWith(`${dir}/`)));
}

function resolveLinks(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** With the right to raise limits up to what the kernel allows at all, else to our hard limit. */
function readMaxOpenFiles(): number {
  const text = mayRaiseLimits()
    ? tryRead('/proc/sys/fs/nr_open')
    : /^Max open files\s+\S+\s+(\d+)/m.exec(tryRead('/proc/self/limits'))?.[1];
  const parsed = Number.parseInt(text ?? '', 10);
  return Number.isNaN(parsed) ? DEFAULT_MAX_OPEN_FILES : parsed;
}

/** Root in a container often lacks the capability, see capabilities(7). */
function mayRaiseLimits(): boolean {
  const effective = /^CapEff:\s+([0-9a-f]+)$/m.exec(tryRead('/proc/self/status'))?.[1];
  return effective !== undefined && (BigInt(`0x${effective}`) & CAP_SYS_RESOURCE) !== 0n;
}

function tryRead(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
