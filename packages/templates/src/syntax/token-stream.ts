import { TemplateFault } from '../fault.ts';
import type { Expression } from './nodes.ts';
import type { Token } from './tokens.ts';

const END: Token = { kind: 'end', text: '', at: 0 };

/** The words of one tag, read from left to right. */
export class TokenStream {
  readonly #tokens: readonly Token[];
  readonly #maxDepth: number;
  readonly #readExpression: (stream: TokenStream) => Expression;
  #index = 0;
  #depth = 0;

  /**
   * @param maxDepth - how deep expressions may nest.
   * @param readExpression - the whole grammar, for those of its parts that hold expressions themselves.
   */
  constructor(
    tokens: readonly Token[],
    maxDepth: number,
    readExpression: (stream: TokenStream) => Expression,
  ) {
    this.#tokens = tokens;
    this.#maxDepth = maxDepth;
    this.#readExpression = readExpression;
  }

  expression(): Expression {
    return this.nested(() => this.#readExpression(this));
  }

  get current(): Token {
    return this.#tokens[this.#index] ?? this.#tokens.at(-1) ?? END;
  }

  get following(): Token {
    return this.#tokens[this.#index + 1] ?? this.#tokens.at(-1) ?? END;
  }

  next(): Token {
    const token = this.current;
    this.#index += 1;
    return token;
  }

  isOperator(...texts: readonly string[]): boolean {
    return this.current.kind === 'operator' && texts.includes(this.current.text);
  }

  isName(...names: readonly string[]): boolean {
    return this.current.kind === 'name' && names.includes(this.current.text);
  }

  /** Steps over an operator or word, when it is the next one. */
  skip(text: string): boolean {
    const isNext = this.isOperator(text) || this.isName(text);
    if (isNext) this.#index += 1;
    return isNext;
  }

  expectOperator(text: string): void {
    if (!this.isOperator(text)) throw this.unexpected(`"${text}"`);
    this.#index += 1;
  }

  expectWord(word: string): void {
    if (!this.isName(word)) throw this.unexpected(`"${word}"`);
    this.#index += 1;
  }

  expectName(): string {
    if (this.current.kind !== 'name') throw this.unexpected('a name');
    return this.next().text;
  }

  expectEnd(): void {
    if (this.current.kind !== 'end') throw this.unexpected('the end of the tag');
  }

  /** @param expected - what should have been there. */
  unexpected(expected: string): TemplateFault {
    const { kind, text, at } = this.current;
    const found = kind === 'end' ? 'the tag ends' : `there is ${JSON.stringify(text)}`;
    return new TemplateFault(`expected ${expected}, but ${found}`, { offset: at });
  }

  /** Reads something one level deeper. */
  nested<T>(read: () => T): T {
    if (this.#depth >= this.#maxDepth) {
      throw new TemplateFault(`the expression nests deeper than ${this.#maxDepth} levels`, {
        offset: this.current.at,
        hint: 'Split it with {% set %}.',
      });
    }
    this.#depth += 1;
    try {
      return read();
    } finally {
      this.#depth -= 1;
    }
  }
}
