/** Where one hierarchy of control groups is mounted. */
export interface CgroupMount {
  readonly version: 1 | 2;
  /** Of version 1: the controllers of this hierarchy, or `name=…`. */
  readonly controllers: readonly string[];
  /** Which group of the hierarchy is seen at the mount point. */
  readonly root: string;
  readonly mountPoint: string;
}

/**
 * Reads `/proc/PID/mountinfo` (proc_pid_mountinfo(5)): fields 4 and 5 are root and mount point; after a lone hyphen
 * come the kind of file system, its source and its options.
 */
export function parseCgroupMounts(mountinfo: string): CgroupMount[] {
  return mountinfo.split('\n').flatMap((line): CgroupMount[] => {
    const [front = '', back = ''] = line.split(' - ');
    const [, , , root, mountPoint] = front.split(' ').map(unescapeOctal);
    const [kind, , options = ''] = back.split(' ');
    if (root === undefined || mountPoint === undefined) return [];
    if (kind === 'cgroup2') return [{ version: 2, controllers: [], root, mountPoint }];
    if (kind !== 'cgroup') return [];
    return [{ version: 1, controllers: options.split(','), root, mountPoint }];
  });
}

/**
 * Reads `/proc/PID/cgroup` (cgroups(7)).
 *
 * @returns the group of the process by controller; that of version 2 under the empty name.
 */
export function parseOwnCgroups(text: string): Map<string, string> {
  const lines = text.split('\n').flatMap((line) => {
    const match = /^\d+:([^:]*):(.*)$/.exec(line);
    return match === null ? [] : [{ controllers: match[1] ?? '', path: match[2] ?? '' }];
  });
  return new Map(
    lines.flatMap(({ controllers, path }) =>
      controllers.split(',').map((controller): [string, string] => [controller, path]),
    ),
  );
}

/**
 * Where a group is seen in our file system; a group outside of what is mounted is `undefined`, as happens in containers
 * that see their own part only.
 */
export function locateCgroup({ root, mountPoint }: CgroupMount, path: string): string | undefined {
  if (path.split('/').includes('..')) return undefined;
  if (root === '/') return path === '/' ? mountPoint : `${mountPoint}${path}`;
  if (path === root) return mountPoint;
  return path.startsWith(`${root}/`) ? `${mountPoint}${path.slice(root.length)}` : undefined;
}

function unescapeOctal(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_match, digits: string) =>
    String.fromCodePoint(Number.parseInt(digits, 8)),
  );
}
