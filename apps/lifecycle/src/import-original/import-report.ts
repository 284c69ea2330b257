import { showInvisible } from '../terminal/show-invisible.ts';

/** What became of one row: taken, there already, or left out for a reason that people understand. */
export type Outcome = 'taken' | 'present' | { readonly skipped: string };

interface Tally {
  taken: number;
  present: number;
  readonly skipped: Map<string, { count: number; readonly examples: string[] }>;
}

const MAX_EXAMPLES = 3;

/** Counts what was taken over and what not, and why. */
export class ImportReport {
  readonly #tallies = new Map<string, Tally>();
  readonly #notes = new Set<string>();

  /** @param name - of the row, for people; never a secret. */
  count(kind: string, outcome: Outcome, name: string): void {
    const tally = this.#tallies.get(kind) ?? { taken: 0, present: 0, skipped: new Map() };
    this.#tallies.set(kind, tally);
    if (typeof outcome === 'string') {
      tally[outcome] += 1;
      return;
    }
    const known = tally.skipped.get(outcome.skipped) ?? { count: 0, examples: [] };
    tally.skipped.set(outcome.skipped, known);
    known.count += 1;
    if (known.examples.length < MAX_EXAMPLES) known.examples.push(name);
  }

  /** Something that a person should do afterwards; said once. */
  note(text: string): void {
    this.#notes.add(text);
  }

  get taken(): number {
    return [...this.#tallies.values()].reduce((sum, tally) => sum + tally.taken, 0);
  }

  render(): string {
    const lines: string[] = [];
    for (const [kind, { taken, present, skipped }] of this.#tallies) {
      lines.push(`${kind.padEnd(18)} ${String(taken).padStart(7)} taken, ${present} already here`);
      for (const [reason, { count, examples }] of skipped) {
        const more = count > examples.length ? ', …' : '';
        lines.push(`  left out: ${count}, ${reason} (${examples.join(', ')}${more})`);
      }
    }
    for (const note of this.#notes) lines.push(`Note: ${note}`);
    // Names and reasons come from the original: a terminal must not obey them.
    return `${lines.map(showInvisible).join('\n')}\n`;
  }
}
