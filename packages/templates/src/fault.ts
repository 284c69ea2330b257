import { charactersOf } from './values/characters.ts';

/** Messages quote the template, whose words can be as long as it is. */
const LONGEST_MESSAGE = 500;

/** A mistake in a template, or a limit that it ran into; inside this package only, see `renderTemplate`. */
export class TemplateFault extends Error {
  override readonly name = 'TemplateFault';
  /** Where in the source, in UTF-16 units; `undefined` where the one who threw cannot know. */
  readonly offset: number | undefined;
  /** What the author can do next. */
  readonly hint: string | undefined;

  constructor(
    message: string,
    options: { readonly offset?: number; readonly hint?: string | undefined } = {},
  ) {
    super(message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message);
    this.offset = options.offset;
    this.hint = options.hint;
  }
}

/** A line and a column, both counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Finds the line and column of an offset; the column counts characters, not UTF-16 units. */
export function positionOf(source: string, offset: number): Position {
  const before = source.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: charactersOf(before.slice(lineStart)).length + 1 };
}
