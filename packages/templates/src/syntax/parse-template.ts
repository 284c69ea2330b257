import { TemplateFault } from '../fault.ts';
import type { Expression, Statement } from './nodes.ts';
import { parseExpression } from './parse-expression.ts';
import { parseTuple } from './parse-tuple.ts';
import { blameUnclosedTag, splitSource, type Piece } from './split-source.ts';
import { parseTag } from './parse-tag.ts';
import type { Token } from './tokens.ts';
import { TokenStream } from './token-stream.ts';

/** A tag that opened a block, for the sentence about its missing end. */
interface Opener {
  readonly name: string;
  readonly at: number;
}

/** A tag that ends a block or a part of one. */
export interface ClosingTag {
  readonly name: string;
  readonly stream: TokenStream;
}

/** Reads the pieces of a template in order, block by block. */
export class TemplateParser {
  readonly #source: string;
  readonly #pieces: readonly Piece[];
  readonly #maxDepth: number;
  #index = 0;
  #depth = 0;

  constructor(source: string, maxDepth: number) {
    this.#source = source;
    this.#pieces = splitSource(source);
    this.#maxDepth = maxDepth;
  }

  /** @throws TemplateFault for the first mistake. */
  parse(): Statement[] {
    return this.#parseBody([], undefined).statements;
  }

  /**
   * Reads a block up to one of the tags that may end it.
   *
   * @returns what it holds, and the tag that ended it, its words behind the name still unread.
   */
  block(ends: readonly string[], opener: Opener): { statements: Statement[]; closing: ClosingTag } {
    if (this.#depth >= this.#maxDepth) {
      throw new TemplateFault(`blocks nest deeper than ${this.#maxDepth} levels`, { offset: opener.at });
    }
    this.#depth += 1;
    const { statements, closing } = this.#parseBody(ends, opener);
    this.#depth -= 1;
    if (closing === undefined) throw unclosedBlock(opener, ends);
    return { statements, closing };
  }

  #parseBody(
    ends: readonly string[],
    opener: Opener | undefined,
  ): { statements: Statement[]; closing: ClosingTag | undefined } {
    const statements: Statement[] = [];
    for (;;) {
      const piece = this.#pieces[this.#index];
      if (piece === undefined) return { statements, closing: undefined };
      this.#index += 1;
      if (piece.kind === 'text') statements.push(piece);
      else if (piece.kind === 'output') statements.push(this.#parseOutput(piece.tokens, piece.at));
      else {
        const stream = this.#stream(piece.tokens);
        const found = this.#within(piece.at, () => this.#parseTag(stream, piece.at, ends, opener));
        if ('stream' in found) return { statements, closing: found };
        statements.push(found);
      }
    }
  }

  #parseOutput(tokens: readonly Token[], at: number): Statement {
    return this.#within(at, () => {
      const stream = this.#stream(tokens);
      const value: Expression = parseTuple(stream);
      stream.expectEnd();
      return { kind: 'output', value, at };
    });
  }

  #parseTag(
    stream: TokenStream,
    at: number,
    ends: readonly string[],
    opener: Opener | undefined,
  ): Statement | ClosingTag {
    const nameAt = stream.current.at;
    const name = stream.expectName();
    if (ends.includes(name)) {
      // What stands behind the end of a block can only be a mistake, and may be the next lines.
      if (name.startsWith('end') && name !== 'endmacro') stream.expectEnd();
      return { name, stream };
    }
    const statement = parseTag(this, stream, name, at);
    if (statement !== undefined) return statement;
    throw misplacedTag(name, nameAt, ends, opener === undefined ? undefined : this.#lineOf(opener));
  }

  #stream(tokens: readonly Token[]): TokenStream {
    return new TokenStream(tokens, this.#maxDepth, parseExpression);
  }

  #within<T>(at: number, parse: () => T): T {
    const pieceCount = this.#index;
    try {
      return parse();
    } catch (error) {
      // A fault of a later tag, inside of this one's block, is that tag's.
      if (!(error instanceof TemplateFault) || this.#index !== pieceCount) throw error;
      throw blameUnclosedTag(this.#source, at, error);
    }
  }

  #lineOf({ name, at }: Opener): string {
    return `the {% ${name} %} of line ${this.#source.slice(0, at).split('\n').length}`;
  }
}

function unclosedBlock({ name, at }: Opener, ends: readonly string[]): TemplateFault {
  const end = ends.find((one) => one.startsWith('end')) ?? `end${name}`;
  return new TemplateFault(`{% ${name} %} is never closed`, {
    offset: at,
    hint: `Close it with {% ${end} %}.`,
  });
}

const FILE_TAGS: ReadonlySet<string> = new Set(['include', 'import', 'from', 'extends', 'block']);

function misplacedTag(
  name: string,
  offset: number,
  ends: readonly string[],
  opener: string | undefined,
): TemplateFault {
  if (FILE_TAGS.has(name)) {
    return new TemplateFault(`{% ${name} %} is not offered: a template is one file`, {
      offset,
      hint: 'Put the text into this file; {% macro %} avoids repeating it.',
    });
  }
  if (opener === undefined) {
    const closesNothing = name.startsWith('end') || name === 'else' || name === 'elif';
    return new TemplateFault(`{% ${name} %} ${closesNothing ? 'belongs to no open block' : 'is no tag'}`, {
      offset,
      hint: closesNothing
        ? 'Remove it, or open its block before it.'
        : 'docs/reference/templates.md lists all tags; {% raw %} keeps text that only looks like one.',
    });
  }
  return new TemplateFault(`{% ${name} %} does not fit here, inside of ${opener}`, {
    offset,
    hint: `That block goes on with ${ends.map((end) => `{% ${end} %}`).join(' or ')}.`,
  });
}
