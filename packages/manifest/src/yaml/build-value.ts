import { isAlias, isMap, isScalar, type Alias, type Node, type YAMLMap, type YAMLSeq } from 'yaml';
import type { FieldPath } from '../problems/problem.ts';
import { resolvePlainScalar } from './resolve-plain-scalar.ts';

/** Where a value of a document was written. */
export interface Spot {
  readonly line: number;
  /** The scalar as written, without quotes; `undefined` for lists and mappings. */
  readonly text: string | undefined;
}

/** Something wrong with a document, found while its values were built. */
export interface Finding {
  readonly line: number;
  readonly field: FieldPath;
  readonly text: string;
}

export interface BuiltDocument {
  readonly value: unknown;
  readonly errors: readonly Finding[];
  readonly duplicates: readonly Finding[];
  /** Answers where a value stands, the whole document for an empty path; `undefined` for one that is not in the document. */
  findSpot(path: FieldPath): Spot | undefined;
}

/** Deeper than any manifest, shallower than any stack. */
const MAX_DEPTH = 50;
/** Values of a document, with every use of an anchor counted again: the end of alias bombs. */
const MAX_VALUES = 50_000;
const STANDARD_TAG = 'tag:yaml.org,2002:';
const SCALAR_TAGS = new Set(['int', 'float', 'bool', 'null', 'timestamp'].map((name) => STANDARD_TAG + name));

type Entry = { value: unknown; readonly spot: Spot };
type Container = Record<string, unknown> | unknown[];

/** Stops the building: nothing sensible can follow. */
class Stop extends Error {}

/**
 * Builds plain data from a parsed document, by the rules of YAML 1.1 for types, anchors and merge keys.
 *
 * Keys are always texts, as written. Every use of an anchor is a copy, so that the result is a tree.
 *
 * @param root - parsed with the failsafe schema, so that every scalar still has its text.
 * @param lineOf - the line of an offset, counted from 1.
 */
export function buildValue(root: Node | null, lineOf: (offset: number) => number): BuiltDocument {
  const builder = createBuilder(lineOf);
  let value: unknown;
  try {
    value = builder.build(root, [], 1);
  } catch (thrown) {
    if (!(thrown instanceof Stop)) throw thrown;
  }
  const { errors, duplicates, spots } = builder;
  return {
    value,
    errors,
    duplicates,
    findSpot(path) {
      let container = value;
      let spot: Spot | undefined = { line: 1, text: textOf(root) };
      for (const part of path) {
        spot = isContainer(container) ? spots.get(container)?.get(String(part)) : undefined;
        if (spot === undefined) return undefined;
        container = Reflect.get(container as Container, part);
      }
      return spot;
    },
  };
}

function createBuilder(lineOf: (offset: number) => number) {
  const errors: Finding[] = [];
  const duplicates: Finding[] = [];
  const spots = new WeakMap<Container, Map<string, Spot>>();
  const anchors = new Map<string, Node>();
  const anchored = new WeakSet<Node>();
  const aliasTargets = new WeakMap<Alias, Node>();
  const open = new Set<Node>();
  let valueCount = 0;

  function lineAt(node: unknown, fallback: number): number {
    const range = (node as Node | null | undefined)?.range;
    return range ? lineOf(range[0]) : fallback;
  }

  function report(line: number, field: FieldPath, text: string): void {
    errors.push({ line, field, text });
  }

  function stop(line: number, field: FieldPath, text: string): never {
    report(line, field, text);
    throw new Stop();
  }

  function build(node: Node | null, field: FieldPath, parentLine: number): unknown {
    const line = lineAt(node, parentLine);
    valueCount += 1;
    if (valueCount > MAX_VALUES) {
      stop(line, [], `holds more than ${MAX_VALUES} values, anchors included; make it smaller`);
    }
    if (field.length > MAX_DEPTH) stop(line, field.slice(0, 3), `is nested deeper than ${MAX_DEPTH} levels`);
    if (node === null) return null;
    if (isAlias(node)) return buildAlias(node, field, line);
    if (node.anchor !== undefined && !anchored.has(node)) {
      anchors.set(node.anchor, node);
      anchored.add(node);
    }
    if (isScalar(node)) return buildScalar(String(node.value), node.type === 'PLAIN', node.tag, field, line);
    if (node.tag !== undefined && node.tag !== `${STANDARD_TAG}map` && node.tag !== `${STANDARD_TAG}seq`) {
      report(line, field, `has the tag ${presentTag(node.tag)}, which means nothing here; remove it`);
    }
    open.add(node);
    const value = isMap(node) ? buildMapping(node, field) : buildList(node, field);
    open.delete(node);
    return value;
  }

  function buildAlias(node: Alias, field: FieldPath, line: number): unknown {
    const target = aliasTargets.get(node) ?? anchors.get(node.source);
    if (target === undefined) {
      report(line, field, `refers to *${node.source.slice(0, 40)}, but no value before it has that anchor`);
      return null;
    }
    aliasTargets.set(node, target);
    if (open.has(target)) stop(line, field, `contains itself through *${node.source.slice(0, 40)}`);
    return build(target, field, line);
  }

  function buildScalar(
    text: string,
    isPlain: boolean,
    tag: string | undefined,
    field: FieldPath,
    line: number,
  ): unknown {
    if (tag === undefined) return isPlain ? resolvePlainScalar(text) : text;
    if (tag === '!' || tag === `${STANDARD_TAG}str`) return text;
    if (SCALAR_TAGS.has(tag)) return resolvePlainScalar(text);
    report(line, field, `has the tag ${presentTag(tag)}, which means nothing here; remove it`);
    return text;
  }

  function buildList(node: YAMLSeq, field: FieldPath): unknown[] {
    const list: unknown[] = [];
    const listSpots = new Map<string, Spot>();
    const listLine = lineAt(node, 1);
    for (const [index, item] of node.items.entries()) {
      const line = lineAt(item, listLine);
      list.push(build(item as Node | null, [...field, index], line));
      listSpots.set(String(index), { line, text: textOf(item) });
    }
    spots.set(list, listSpots);
    return list;
  }

  function buildMapping(node: YAMLMap, field: FieldPath): Record<string, unknown> {
    const written = new Map<string, Entry>();
    const merged = new Map<string, Entry>();
    const mappingLine = lineAt(node, 1);
    for (const pair of node.items) {
      const line = lineAt(pair.key, mappingLine);
      const key = keyOf(pair.key as Node | null, field, line);
      if (key === undefined) continue;
      if (isMergeKey(pair.key)) {
        for (const [name, entry] of buildMerged(pair.value as Node | null, field, line))
          merged.set(name, entry);
        continue;
      }
      const earlier = written.get(key);
      if (earlier !== undefined) {
        const text = `is written twice, first on line ${earlier.spot.line}; the last one counts`;
        duplicates.push({ line, field: [...field, key], text });
      }
      const value = build(pair.value as Node | null, [...field, key], line);
      written.set(key, { value, spot: { line, text: textOf(pair.value) } });
    }
    const mapping = Object.fromEntries(
      [...new Map([...merged, ...written])].map(([key, { value }]) => [key, value]),
    );
    spots.set(mapping, new Map([...new Map([...merged, ...written])].map(([key, { spot }]) => [key, spot])));
    return mapping;
  }

  function buildMerged(node: Node | null, field: FieldPath, line: number): Map<string, Entry> {
    const value = build(node, [...field, '<<'], line);
    // The earlier of several merged mappings wins (yaml.org/type/merge.html).
    const mappings = Array.isArray(value) ? value.toReversed() : [value];
    const entries = new Map<string, Entry>();
    for (const mapping of mappings) {
      if (!isContainer(mapping) || Array.isArray(mapping)) {
        report(
          line,
          [...field, '<<'],
          'merges something that is no mapping; name an anchor of a mapping, such as *base',
        );
        continue;
      }
      for (const [key, item] of Object.entries(mapping)) {
        entries.set(key, { value: item, spot: spots.get(mapping)?.get(key) ?? { line, text: undefined } });
      }
    }
    return entries;
  }

  function keyOf(node: Node | null, field: FieldPath, line: number): string | undefined {
    const target = isAlias(node) ? anchors.get(node.source) : node;
    if (target === null) return '';
    if (isScalar(target)) {
      if (target.anchor !== undefined) anchors.set(target.anchor, target);
      const key = String(target.value);
      if (key !== '__proto__') return key;
    }
    report(line, field, 'has a key that is no plain text; write a word before the colon');
    return undefined;
  }

  return { build, errors, duplicates, spots };
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN';
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}

function textOf(node: unknown): string | undefined {
  return isScalar(node) ? String(node.value) : undefined;
}

function presentTag(tag: string): string {
  const short = tag.startsWith(STANDARD_TAG) ? `!!${tag.slice(STANDARD_TAG.length)}` : tag;
  return short.slice(0, 40);
}
