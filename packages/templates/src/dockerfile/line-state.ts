/** Longest name of an instruction that matters, with the white space behind it. */
const HEAD_LENGTH = 'LABEL '.length;

/** Instructions whose words Docker itself takes apart, with quotes of its own. */
const QUOTED_INSTRUCTION = /^(?:ENV|LABEL|ARG)\s/i;

/**
 * Follows a Dockerfile character by character: which instruction a line belongs to, and which quote is open.
 *
 * A line that a backslash continues is one line.
 */
export class LineState {
  #head = '';
  #quote: string | undefined;
  #isEscaped = false;
  #endsWithBackslash = false;

  /** The quote that is open, on a line of `ENV`, `LABEL` or `ARG`. */
  get openQuote(): string | undefined {
    return QUOTED_INSTRUCTION.test(this.#head) ? this.#quote : undefined;
  }

  copy(): LineState {
    const copy = new LineState();
    copy.#head = this.#head;
    copy.#quote = this.#quote;
    copy.#isEscaped = this.#isEscaped;
    copy.#endsWithBackslash = this.#endsWithBackslash;
    return copy;
  }

  feed(text: string): void {
    for (const character of text) {
      if (character === '\n') this.#endLine();
      else this.#feedCharacter(character);
    }
  }

  #endLine(): void {
    if (!this.#endsWithBackslash) {
      this.#head = '';
      this.#quote = undefined;
    }
    this.#isEscaped = false;
    this.#endsWithBackslash = false;
  }

  #feedCharacter(character: string): void {
    const isBlank = character === ' ' || character === '\t';
    if (this.#head.length < HEAD_LENGTH && !(isBlank && this.#head === '')) this.#head += character;
    if (!isBlank) this.#endsWithBackslash = character === '\\' && !this.#endsWithBackslash;
    if (this.#isEscaped) this.#isEscaped = false;
    else if (character === '\\' && this.#quote !== "'") this.#isEscaped = true;
    else if (character === this.#quote) this.#quote = undefined;
    else if (this.#quote === undefined && (character === '"' || character === "'")) this.#quote = character;
  }
}
