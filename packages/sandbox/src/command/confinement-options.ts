/** The user and group that a process runs as: numbers reserved for it, which nobody else uses. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Limits that the kernel holds for each process by itself (setrlimit). Core dumps are always off. `null`: none. */
export interface ProcessLimits {
  /** Open files of one process. Lowered to what this machine allows. */
  readonly openFiles: number | null;
  /**
   * Processes and threads of the whole account. In force only together with an account: without one it would count
   * all that the user runs on this machine.
   */
  readonly processes: number | null;
  /** Size of any one file that is written, in bytes. */
  readonly fileBytes: number | null;
}

/**
 * What a confined process sees. The file system is that of the machine, read-only, with `/proc`, `/dev`, `/dev/shm`,
 * `/tmp` and `/var/tmp` of its own, and with `/root`, `/home`, our user's home and `/run` empty. The paths here are laid
 * over it, deeper ones over shallower ones. All are absolute and without links; the network is the machine's.
 */
export interface Namespaces {
  /** Visible, never writable; reachable even when the account could not traverse the directories above it. */
  readonly readOnly: readonly string[];
  /** Visible, writable as far as the owner and the mode of the files allow. */
  readonly writable: readonly string[];
  /** Directories that appear empty, such as the data directory. One that does not exist is passed over. */
  readonly hidden: readonly string[];
  /**
   * A directory that appears as `/tmp` and `/var/tmp`, so that a disk quota counts what is written there. `null`: in
   * memory, at most 64 MiB.
   */
  readonly temporaryDir: string | null;
  /** Working directory, as it is called inside. */
  readonly cwd: string;
}

/** The programs that confine, as found on this machine by `detectConfinement`. */
export interface ConfinementTools {
  readonly isRoot: boolean;
  /** Absolute paths; `null` when missing or not usable. */
  readonly setpriv: string | null;
  readonly prlimit: string | null;
  /** Set only when a trial run of the whole composition succeeded. */
  readonly bwrap: string | null;
  /** The one of coreutils, which sets signals back to their defaults. */
  readonly env: string | null;
  /** The highest number of open files that we may set. */
  readonly maxOpenFiles: number;
  /** Directories that never show their content to a process with a view of its own. */
  readonly alwaysHidden: readonly string[];
  /** What is in them and needed nevertheless: files of name resolution. */
  readonly alwaysVisible: readonly string[];
}

export interface ConfinedCommandOptions {
  /** Program and arguments. */
  readonly command: readonly string[];
  /** `null`: our own. */
  readonly account: Account | null;
  readonly limits: ProcessLimits;
  /** `null`: the process sees the machine as it is. */
  readonly namespaces: Namespaces | null;
  /** Whether it is killed when the process that spawns it ends: true for builds, false for what outlives us. */
  readonly dieWithParent: boolean;
  readonly tools: ConfinementTools;
}
