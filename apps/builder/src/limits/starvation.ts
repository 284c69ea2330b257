/** What is seen of a build at one moment. */
export interface Glance {
  /** Milliseconds of a clock that never goes back. */
  readonly atMs: number;
  /** Time on processors that the build has had so far. */
  readonly cpuSeconds: number;
  /** Whether any of its threads computes, or waits for a processor. */
  readonly isRunnable: boolean;
}

/** For how long a build is watched before it counts as starved. */
const WINDOW_MS = 15_000;
/** Of one processor: a build that gets less does not come to an end in any useful time. */
const ENOUGH = 0.1;
/** Share of the glances in which it must have been runnable: one that waits for the network needs no processor. */
const EAGER = 0.6;

/** Finds out whether a build that yields its processors to everybody gets hardly any. */
export class Starvation {
  #glances: Glance[] = [];

  /** Takes what is seen now. @returns whether the build has starved for the whole window. */
  notice(glance: Glance): boolean {
    this.#glances.push(glance);
    const since = glance.atMs - WINDOW_MS;
    const first = this.#glances.findLast(({ atMs }) => atMs <= since);
    if (first === undefined) return false;
    this.#glances = this.#glances.slice(this.#glances.indexOf(first));
    const gotSeconds = glance.cpuSeconds - first.cpuSeconds;
    const elapsedSeconds = (glance.atMs - first.atMs) / 1000;
    const eager = this.#glances.filter(({ isRunnable }) => isRunnable).length;
    return gotSeconds < elapsedSeconds * ENOUGH && eager >= this.#glances.length * EAGER;
  }
}
