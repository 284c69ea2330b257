import type { CgroupControllers, CgroupLimits, CgroupUsage } from './cgroup.ts';

/** What the two versions do differently. A group is one directory in version 2, and one per controller in version 1. */
export interface CgroupTree {
  readonly version: 1 | 2;
  readonly controllers: CgroupControllers;
  /** Directories that hold our groups: each holds one directory for each group. */
  readonly parents: readonly string[];
  /** Makes the parents, which go with the last group in them. */
  prepare(): Promise<void>;
  /** See `Cgroup.stopYielding`. */
  stopYielding(): Promise<void>;
  /** Directories of a group that a process of it names, wherever they lie. */
  locate(ownCgroups: ReadonlyMap<string, string>): readonly string[];
  /** @param dirs - of one group, in the order of {@link parents}. */
  limit(dirs: readonly string[], limits: CgroupLimits): Promise<void>;
  /** Stops processes from starting others while `work` kills them, or kills all by itself. */
  whileSealed(dirs: readonly string[], work: () => Promise<void>): Promise<void>;
  readUsage(dirs: readonly string[]): Promise<CgroupUsage>;
  readOomKills(dirs: readonly string[]): Promise<number>;
  readForkRefusals(dirs: readonly string[]): Promise<number>;
}
