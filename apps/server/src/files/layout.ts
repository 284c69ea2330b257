/** What has to be true of one path below the data directory, for as long as it exists. */
export interface PathRule {
  /** Relative to the data directory; `folder/*` stands for everything directly in the folder. */
  readonly path: string;
  readonly kind: 'directory' | 'file';
  /** Permission bits that it must not have. */
  readonly forbidden: number;
  /**
   * What happens when it has them: `refuse` where somebody may have read a secret already, so that a person has to
   * look; `repair` where nothing is lost by putting it right.
   */
  readonly remedy: 'refuse' | 'repair';
  /** Whether it may be a symbolic link, such as to a larger disk. */
  readonly mayBeLink: boolean;
}

/** Nobody but the owner, in any way. */
const PRIVATE = 0o077;
/** Others may read or pass, where jobs run as users of their own; nobody else writes. */
const UNWRITABLE = 0o022;

const privateFile = { kind: 'file', forbidden: PRIVATE, remedy: 'repair', mayBeLink: false } as const;
const privateFolder = { kind: 'directory', forbidden: PRIVATE, remedy: 'repair', mayBeLink: false } as const;
const movableFolder = { ...privateFolder, mayBeLink: true } as const;

/**
 * What the server relies on at its start (docs/reference/data-directory.md tells the rest). A folder comes before what
 * is in it. Paths that jobs and builds own are not here: nothing of the platform's is read from them unchecked.
 */
export const LAYOUT: readonly PathRule[] = [
  { ...privateFile, path: 'lock' },
  { ...privateFile, path: 'lock.takeover' },
  { ...privateFile, path: 'host-id' },
  { ...privateFile, path: 'endpoints.json' },
  { ...privateFolder, path: 'keys' },
  { ...privateFile, path: 'keys/*', remedy: 'refuse' },
  { ...privateFolder, path: 'store' },
  { ...privateFile, path: 'store/*' },
  { ...privateFolder, path: 'pub' },
  { ...movableFolder, path: 'logs' },
  { ...privateFile, path: 'logs/*' },
  { ...movableFolder, path: 'uploads' },
  { ...movableFolder, path: 'plugins', forbidden: UNWRITABLE },
  { ...privateFolder, path: 'run', forbidden: UNWRITABLE },
  { ...movableFolder, path: 'instances', forbidden: UNWRITABLE },
  { ...movableFolder, path: 'builds', forbidden: UNWRITABLE },
  { ...movableFolder, path: 'job-data', forbidden: UNWRITABLE },
];
