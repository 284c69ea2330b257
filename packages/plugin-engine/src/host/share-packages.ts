import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** All that a plugin may import without bringing it along: the typed interface, and nothing behind it. */
const SHARED = ['@racetrack-platform/plugin-sdk'];

/**
 * Lets plugins import the SDK wherever they lie. What else they import they bring along.
 *
 * @param importsFrom - of plugins that are pinned versions of bundled ones: the folders where those find their packages.
 */
export function sharePackages(importsFrom: readonly string[]): void {
  const shared = new Map(SHARED.map((name) => [name, import.meta.resolve(name)]));
  const parents = importsFrom.map((dir) => pathToFileURL(join(dir, 'package.json')).href);
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const url = shared.get(specifier);
      if (url !== undefined) return { url, shortCircuit: true };
      if (parents.length === 0 || !isBare(specifier)) return nextResolve(specifier, context);
      try {
        return nextResolve(specifier, context);
      } catch (error) {
        return resolveFrom(parents, (parentURL) => nextResolve(specifier, { ...context, parentURL }), error);
      }
    },
  });
}

function resolveFrom<T>(parents: readonly string[], resolve: (parent: string) => T, error: unknown): T {
  for (const parent of parents) {
    try {
      return resolve(parent);
    } catch {
      // The next one may have it.
    }
  }
  throw error;
}

/** The name of a package, not a path and not an address. */
function isBare(specifier: string): boolean {
  return !/^(?:\.{0,2}\/|[a-z]+:)/i.test(specifier);
}
