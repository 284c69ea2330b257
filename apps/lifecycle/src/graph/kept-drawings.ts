import { buildGraph, type GraphFacts } from './build-graph.ts';

/** Viewers who see different jobs have drawings of their own; one of a large installation takes some 15 MB. */
const MAX_KEPT = 3;

/**
 * Keeps graphs written as JSON, with the facts they were drawn from. A drawing is used again only where all facts are
 * the same, so it is never older than they are, and nobody gets the one of somebody who sees more.
 */
export class KeptDrawings {
  readonly #kept: { readonly facts: GraphFacts; readonly text: string }[] = [];

  /** The graph as JSON. */
  draw(facts: GraphFacts): string {
    const index = this.#kept.findIndex((one) => isSame(one.facts, facts));
    const [known] = index === -1 ? [] : this.#kept.splice(index, 1);
    const drawing = known ?? { facts, text: JSON.stringify(buildGraph(facts)) };
    this.#kept.unshift(drawing);
    this.#kept.splice(MAX_KEPT);
    return drawing.text;
  }
}

/** Of plain data: arrays and objects of texts and numbers. */
function isSame(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left)) {
    if (!Array.isArray(right) || left.length !== right.length) return false;
    for (let index = 0; index < left.length; index += 1) {
      if (!isSame(left[index], right[index])) return false;
    }
    return true;
  }
  if (!isRecord(left) || !isRecord(right) || Array.isArray(right)) return false;
  for (const key in left) if (!isSame(left[key], right[key])) return false;
  for (const key in right) if (!(key in left)) return false;
  return true;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
