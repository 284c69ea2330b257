import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ConfinementTools, Namespaces } from './confinement-options.ts';

/** In memory, which no quota of a disk counts. */
const MEMORY_DIRECTORY_BYTES = 64 * 1024 * 1024;

/** The file system of the machine, with what the kernel shows being of the new namespaces. */
const MACHINE = ['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev'];

const TEMPORARY = ['/tmp', '/var/tmp'];

interface Mount {
  readonly path: string;
  readonly args: readonly string[];
  /** Whether it starts empty, so that what is laid inside needs directories above it. */
  readonly isEmpty: boolean;
  readonly isSealed: boolean;
}

/** The arguments of bubblewrap that make up the file system. */
export function composeMounts(
  namespaces: Namespaces,
  { alwaysHidden, alwaysVisible }: Pick<ConfinementTools, 'alwaysHidden' | 'alwaysVisible'>,
): string[] {
  const hidden = [...alwaysHidden, ...namespaces.hidden.filter(isDirectory)];
  const laid = [
    ...hidden.map(cover),
    ...[...alwaysVisible, ...namespaces.readOnly].map((path) => bind('--ro-bind', path, path)),
    ...namespaces.writable.map((path) => bind('--bind', path, path)),
  ];
  const mounts = [
    ...laid,
    memoryDirectory('/dev/shm'),
    ...TEMPORARY.map((path) => temporaryDirectory(path, namespaces.temporaryDir)),
    ...listFloors(laid).map(cover),
  ].sort((a, b) => depth(a.path) - depth(b.path));
  const byPath = new Map(mounts.map((mount) => [mount.path, mount]));
  return [
    ...MACHINE,
    ...mounts.flatMap((mount) => [...composeParents(mount.path, byPath), ...mount.args]),
    // Only now: before, the directories inside are still to be made.
    ...mounts.flatMap((mount) => (mount.isSealed ? ['--remount-ro', mount.path] : [])),
    '--chdir',
    namespaces.cwd,
  ];
}

/**
 * What lies between a temporary directory and what is laid deeper into it. It is ours, and in memory: in the directory
 * itself whoever writes there could have put a link in the place of one of the parents, which we make as root.
 */
function listFloors(mounts: readonly Mount[]): string[] {
  const taken = new Set(mounts.map(({ path }) => path));
  const floors = mounts.flatMap(({ path }) => {
    const above = TEMPORARY.find((directory) => path.startsWith(`${directory}/`));
    const [name = '', ...rest] =
      above === undefined
        ? []
        : path
            .slice(above.length + 1)
            .replace(/\/+$/, '')
            .split('/');
    return rest.length === 0 ? [] : [`${above}/${name}`];
  });
  return [...new Set(floors)].filter((floor) => !taken.has(floor));
}

function cover(path: string): Mount {
  return { path, args: ['--perms', '0755', '--tmpfs', path], isEmpty: true, isSealed: true };
}

function memoryDirectory(path: string): Mount {
  const args = ['--perms', '1777', '--size', String(MEMORY_DIRECTORY_BYTES), '--tmpfs', path];
  return { path, args, isEmpty: true, isSealed: false };
}

function temporaryDirectory(path: string, source: string | null): Mount {
  if (source === null) return memoryDirectory(path);
  return { ...bind('--bind', source, path), isEmpty: true };
}

function bind(option: '--bind' | '--ro-bind', source: string, path: string): Mount {
  return { path, args: [option, source, path], isEmpty: false, isSealed: false };
}

/** Directories between a path and what it is laid into; bubblewrap by itself makes them for root alone. */
function composeParents(path: string, mounts: ReadonlyMap<string, Mount>): string[] {
  const parents: string[] = [];
  for (let parent = dirname(path); parent !== '/'; parent = dirname(parent)) {
    const mount = mounts.get(parent);
    if (mount === undefined) parents.unshift(parent);
    else return mount.isEmpty ? parents.flatMap((dir) => ['--perms', '0755', '--dir', dir]) : [];
  }
  return [];
}

function depth(path: string): number {
  return path.split('/').length;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
