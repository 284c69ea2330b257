/** Something that this machine, or our own rights on it, do not offer. */
export interface Missing {
  readonly isAvailable: false;
  /** Why not: a clause for people. */
  readonly reason: string;
  /** What to do about it: an imperative sentence. */
  readonly remedy: string;
}

/** Whether this machine, and what the platform may do on it, offers something. */
export type Feature = { readonly isAvailable: true } | Missing;

export function missing(reason: string, remedy: string): Missing {
  return { isAvailable: false, reason, remedy };
}
