/** Whether a value is a mapping that can be merged, and no list. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Lays one manifest over another: mappings are merged level by level, everything else is replaced, lists too;
 * a null in the overlay takes the value of the base away. Keys of the base come first.
 *
 * @returns a new mapping; neither argument is changed.
 */
export function mergeManifests(
  base: Readonly<Record<string, unknown>>,
  overlay: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged = new Map<string, unknown>(Object.entries(base));
  for (const [key, value] of Object.entries(overlay)) {
    const below = merged.get(key);
    merged.set(key, isMapping(below) && isMapping(value) ? mergeManifests(below, value) : value);
  }
  return Object.fromEntries(merged);
}
