/** Limits of a whole group of processes. `null`: none. */
export interface CgroupLimits {
  /**
   * Memory of all its processes together, swap included where the kernel counts it, in bytes. Page cache counts too,
   * but is given back before anything is killed, so reading large files never ends a job.
   */
  readonly memoryBytes: number | null;
  /** Processes and threads. */
  readonly processes: number | null;
  /** Thousandths of one processor. */
  readonly cpuMillicores: number | null;
}

export interface CgroupUsage {
  /** Without page cache that could be dropped. `null`: not counted here. */
  readonly memoryBytes: number | null;
  /** Since the group was created. */
  readonly cpuSeconds: number | null;
  /** Processes and threads. */
  readonly processes: number | null;
}

/** Which limits the kernel really holds here. */
export interface CgroupControllers {
  readonly memory: boolean;
  readonly processes: boolean;
  readonly cpu: boolean;
}

/** A group of processes; whatever they start belongs to it, and cannot leave it without being root. */
export interface Cgroup {
  readonly id: string;
  /** Moves a process in; its children that exist already stay where they are. */
  add(pid: number): Promise<void>;
  /** As seen from our own pid namespace. */
  pids(): Promise<number[]>;
  /** Sets limits anew. */
  limit(limits: CgroupLimits): Promise<void>;
  /**
   * SIGKILL for every process in it, until there is none, fork bombs included.
   *
   * @throws PlatformError `PLUGIN_FAILED` when some are left after ten seconds.
   */
  kill(): Promise<void>;
  readUsage(): Promise<CgroupUsage>;
  /** How many processes the kernel has killed because the memory limit was reached. */
  readOomKills(): Promise<number>;
  /** How many times the kernel has refused another process because the limit of processes was reached. */
  readForkRefusals(): Promise<number>;
  /**
   * Where groups are in the background: gives all of them together a small share of the processors, a tenth of the usual,
   * until the last one is removed. Nothing happens to others.
   */
  stopYielding(): Promise<void>;
  /** Kills what is in it, and removes it: with the last one nothing is left. Nothing happens when it is gone already. */
  remove(): Promise<void>;
}

/** Our own groups on this machine. */
export interface CgroupManager {
  readonly version: 1 | 2;
  readonly controllers: CgroupControllers;
  /** Idempotent: one that exists, with processes in it, is adopted and its limits are set anew. */
  create(id: string, limits: CgroupLimits): Promise<Cgroup>;
  /**
   * @param pid - a process that should be in it: found by it even when a former run of the platform made the group
   *   somewhere else.
   */
  open(id: string, pid?: number): Promise<Cgroup | undefined>;
  list(): Promise<string[]>;
  /** See {@link Cgroup.remove}. */
  remove(id: string): Promise<void>;
}
