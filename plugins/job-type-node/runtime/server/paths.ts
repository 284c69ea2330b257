/** A path, taken apart. */
export interface JobPath {
  /** Under which the job was reached, such as `/pub/job/adder/1.x`; empty at the root. */
  readonly prefix: string;
  /** The job's own path; empty for a bare prefix. */
  readonly path: string;
}

const PREFIX = /^(\/pub\/(?:job|fatman)\/[^/]+\/[^/]+)(\/.*)?$/s;
const MAX_KNOWN = 256;
const known = new Map<string, JobPath>();

/** The path of a request's target. */
export function removeQuery(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

/** Splits a path without its query into prefix and the job's own path. */
export function splitPath(path: string): JobPath {
  const before = known.get(path);
  if (before !== undefined) return before;
  const match = PREFIX.exec(path);
  const split = match === null ? { prefix: '', path } : { prefix: match[1] ?? '', path: match[2] ?? '' };
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(path, split);
  return split;
}
