import { LineState } from '../dockerfile/line-state.ts';
import type { Budget } from '../limits.ts';

/** Collects what a template or a block of it puts out. */
export class Sink {
  /** The line of the Dockerfile so far. */
  readonly line: LineState;
  readonly #budget: Budget;
  readonly #parts: string[] = [];
  #length = 0;
  #danglingAt: number | undefined;

  /** @param line - what stands before it on its line. */
  constructor(budget: Budget, line = new LineState()) {
    this.#budget = budget;
    this.line = line.copy();
  }

  /** Offset of an output of a value whose backslash would swallow the end of the line, if there is one. */
  get danglingAt(): number | undefined {
    return this.#danglingAt;
  }

  /**
   * @returns the offset of an earlier output whose backslash this text would continue into the next line.
   */
  write(text: string): number | undefined {
    if (text === '') return undefined;
    this.#length += text.length;
    this.#budget.spendLength(text.length);
    this.#budget.checkLength(this.#length);
    this.#parts.push(text);
    this.line.feed(text);
    const dangling = this.#danglingAt;
    if (dangling === undefined || /^[ \t]*$/.test(text)) return undefined;
    this.#danglingAt = undefined;
    return /^[ \t]*\n/.test(text) ? dangling : undefined;
  }

  /** Says that what was written last is a value that ended with a backslash. */
  noteDangling(offset: number): void {
    this.#danglingAt = offset;
  }

  text(): string {
    return this.#parts.join('');
  }
}
