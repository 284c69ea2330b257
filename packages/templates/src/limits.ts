import { TemplateFault } from './fault.ts';

/** What one rendering may use. Hostile templates end here, with an error. */
export interface TemplateLimits {
  /** Longest template, in characters. */
  readonly sourceLength: number;
  /** Longest result, and longest value on the way to it, in characters or items. */
  readonly outputLength: number;
  /** Steps of evaluation: about one for each part of an expression, and one for every 16 characters or items read or made. */
  readonly steps: number;
  /** How deep expressions, blocks, macro calls and values may nest. */
  readonly depth: number;
}

/** Far above any Dockerfile; about a second of work at worst. */
export const DEFAULT_LIMITS: TemplateLimits = {
  sourceLength: 1_000_000,
  outputLength: 1_000_000,
  steps: 300_000,
  depth: 100,
};

const UNITS_PER_STEP = 16;

/** Up to this length, looking for a text costs no more than reading what it is looked for in. */
const SHORT_NEEDLE = 100;

/** Counts down the steps and watches the sizes of one rendering. */
export class Budget {
  readonly #limits: TemplateLimits;
  #stepsLeft: number;
  #depth = 0;

  constructor(limits: TemplateLimits) {
    this.#limits = limits;
    this.#stepsLeft = limits.steps;
  }

  /**
   * Pays for work.
   *
   * @throws TemplateFault when nothing is left.
   */
  spend(steps: number): void {
    this.#stepsLeft -= steps;
    if (this.#stepsLeft >= 0) return;
    throw new TemplateFault(`the template needs more than ${this.#limits.steps} steps`, {
      hint: 'Look for a loop over too many items, or a macro that calls itself without end.',
    });
  }

  /** Pays for a text or list of this length, before it is made. */
  spendLength(length: number): void {
    this.checkLength(length);
    this.spend(1 + length / UNITS_PER_STEP);
  }

  /** Pays for reading a text or list of this length. */
  spendReading(length: number): void {
    this.spend(length / UNITS_PER_STEP);
  }

  /** Pays for looking for a text in another, which at worst compares all of it at each place. */
  spendSearch(haystack: string, needle: string): void {
    const places = Math.max(0, haystack.length - needle.length + 1);
    this.spendReading(haystack.length + (places * needle.length) / SHORT_NEEDLE);
  }

  /** @throws TemplateFault when a text or list may not be this long. */
  checkLength(length: number): void {
    if (length <= this.#limits.outputLength) return;
    throw new TemplateFault(`a text or list grows longer than ${this.#limits.outputLength}`, {
      hint: 'A Dockerfile needs far less: look for what multiplies or pads the text.',
    });
  }

  /** Runs `work` one level deeper. */
  nested<T>(work: () => T): T {
    if (this.#depth >= this.#limits.depth) {
      throw new TemplateFault(`the template nests deeper than ${this.#limits.depth} levels`, {
        hint: 'Split the expression with {% set %}, or look for a macro that calls itself.',
      });
    }
    this.#depth += 1;
    try {
      return work();
    } finally {
      this.#depth -= 1;
    }
  }
}
