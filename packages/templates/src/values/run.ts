import type { Budget } from '../limits.ts';
import type { Value } from './value.ts';

/** What filters, tests and methods need of the rendering they are part of. */
export interface Run {
  readonly budget: Budget;
  applyFilter(
    name: string,
    input: Value,
    positional: readonly Value[],
    named: ReadonlyMap<string, Value>,
  ): Value;
  applyTest(name: string, input: Value, positional: readonly Value[]): boolean;
}
