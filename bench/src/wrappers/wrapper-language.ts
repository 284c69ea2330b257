import type { ConformanceJob, WrapperHarness } from '@racetrack-platform/testing';
import type { Contender } from './contender.ts';

/** A language whose wrapper is measured beside others that answer the same calls. */
export interface WrapperLanguage {
  /** As it stands in the ids of figures. */
  readonly id: string;
  readonly title: string;
  readonly job: ConformanceJob;
  /** The program without which nothing can be built; looked for on the search path. */
  readonly toolchain: string;
  /** Body of a call; the answer is 42. */
  readonly body: string;
  /** What it is measured beside. */
  readonly references: readonly WrapperReference[];
  /** Code that does nothing, for the memory of a bare interpreter; absent where that says nothing. */
  readonly bareInterpreter?: (harness: WrapperHarness) => readonly [string, ...string[]];
}

/** Another server for the same calls. */
export interface WrapperReference {
  readonly id: string;
  readonly title: string;
  /** The most that the wrapper's CPU time may be, in shares of this one's; absent where it is there to compare. */
  readonly goalRatio?: number;
  /** @throws Error when it cannot be had on this machine. */
  readonly start: (context: ReferenceContext) => Promise<Contender>;
}

export interface ReferenceContext {
  /** A folder of the measure's own. */
  readonly folder: string;
  /** The wrapper that it is measured beside, built. */
  readonly harness: WrapperHarness;
  /** Ends what was started. */
  readonly cleanup: AsyncDisposableStack;
}
