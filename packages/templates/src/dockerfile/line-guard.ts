import type { Budget } from '../limits.ts';
import { Dict, Tuple, type Value } from '../values/value.ts';

/** What would end a line of a Dockerfile, or swallow its end. */
const RISKY = /[\n\r\0]|\\$/;

/** Characters that are compared with those of a known text for the price of a step: most are not even looked at. */
const SEEN_PER_STEP = 256;

/**
 * Knows which texts with line breaks come from outside of the template.
 *
 * The template itself may write as many lines as it likes; a value of a manifest that does would add instructions to
 * the Dockerfile. Values are followed from where a variable is read to where an expression is put out: what is
 * computed from such a value and stored counts as one, too.
 */
export class LineGuard {
  readonly #texts = new Set<string>();
  readonly #containers = new WeakSet<object>();
  /** Whether the expression at hand has read such a value. */
  isTouched = false;

  /** Takes note of a value from outside, or of one computed from it. */
  mark(value: Value, budget: Budget): boolean {
    budget.spend(1);
    if (typeof value === 'string') {
      budget.spendReading(value.length);
      if (!RISKY.test(value)) return false;
      this.#texts.add(value);
      return true;
    }
    if (!isContainer(value) || this.#containers.has(value)) return isContainer(value);
    return budget.nested(() => {
      const found = partsOf(value).map((part) => this.mark(part, budget));
      if (!found.includes(true)) return false;
      this.#containers.add(value);
      return true;
    });
  }

  /** Called with each value that an expression reads. */
  see(value: Value, budget: Budget): void {
    if (typeof value === 'string') {
      if (this.#texts.size === 0) return;
      budget.spend(value.length / SEEN_PER_STEP);
      if (this.#texts.has(value)) this.isTouched = true;
    } else if (isContainer(value) && this.#containers.has(value)) this.isTouched = true;
  }
}

function isContainer(value: Value): value is Value[] | Tuple | Dict {
  return Array.isArray(value) || value instanceof Tuple || value instanceof Dict;
}

function partsOf(value: Value[] | Tuple | Dict): readonly Value[] {
  if (Array.isArray(value)) return value;
  return value instanceof Tuple ? value.items : value.entries().flat();
}
