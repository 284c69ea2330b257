/** One measured figure. */
export interface Figure {
  /** Stable, for comparing runs. */
  readonly id: string;
  readonly title: string;
  readonly value: number;
  readonly unit: 'ms' | 'MB' | 'µs' | '×';
  /** The most it should be (design, section 6); undefined where there is no goal. */
  readonly goal?: number;
  /** How it came about: runs, spread, parts. */
  readonly detail: string;
}

/** What came of one measure; `skipped` says what this machine lacks. */
export type MeasureOutcome =
  | {
      readonly kind: 'figures';
      readonly figures: readonly Figure[];
      /** Parts that could not be measured, each with its reason. */
      readonly skipped?: readonly string[];
    }
  | { readonly kind: 'skipped'; readonly reason: string };

/** One measure; each is alone in its file. */
export interface Measure {
  /** Name for `--only`. */
  readonly name: string;
  /** One line that tells what is done. */
  readonly title: string;
  /** Does it; resources are freed before it ends, also when it fails. */
  readonly run: (context: MeasureContext) => Promise<MeasureOutcome>;
}

export interface MeasureContext {
  /** An empty folder that is removed afterwards. */
  readonly folder: string;
  /** How often to repeat; medians are reported. */
  readonly runCount: number;
  /** Says what is going on. */
  readonly report: (line: string) => void;
}
