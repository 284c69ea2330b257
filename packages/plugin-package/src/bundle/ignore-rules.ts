/** One line of an ignore file. */
interface IgnoreRule {
  readonly excludes: boolean;
  /** Patterns for path components, from the root when anchored, else for the last components. */
  readonly components: readonly string[];
  readonly isAnchored: boolean;
  readonly isDirectoryOnly: boolean;
}

/** Never part of a build context or a plugin; added after the file's own patterns, so that nothing can re-include them. */
export const DEFAULT_PATTERNS = [
  '*.zip',
  '.git',
  '*.pyc',
  '__pycache__',
  '.gitignore',
  '/.racetrackignore',
  '/plugin-manifest.yaml',
];

/** Whether a path, relative to the root and with `/`, is left out by rules. */
export type IgnoreFilter = (path: string, isDirectory: boolean) => boolean;

/**
 * Makes a filter of ignore patterns: the original's rules (the last match wins, `!` or `+` re-includes, patterns of
 * several components match at any depth unless they begin with `/`), with what users of git expect where the original
 * had none: comments, `directory/`, `**`, `./`, spaces at the end of a line.
 *
 * @param lines - in order; unreadable patterns match nothing.
 */
export function createIgnoreFilter(lines: readonly string[]): IgnoreFilter {
  const rules = lines.map(parseRule).filter((rule) => rule !== undefined);
  return (path, isDirectory) => {
    const components = path.split('/');
    return rules.findLast((rule) => matches(rule, components, isDirectory))?.excludes ?? false;
  };
}

function parseRule(line: string): IgnoreRule | undefined {
  const text = line.replace(/(?<!\\)[ \t\r]+$/, '');
  if (text === '' || text.startsWith('#')) return undefined;
  const isReincluding = /^[!+]/.test(text);
  const body = (/^[!+-]/.test(text) ? text.slice(1) : text)
    .replace(/^\\(?=[#!+-])/, '')
    .replace(/^(?:\.\/)+/, '');
  const components = body.split('/').filter((component) => component !== '' && component !== '.');
  if (components.length === 0) return undefined;
  return {
    excludes: !isReincluding,
    components,
    isAnchored: body.startsWith('/'),
    isDirectoryOnly: body.endsWith('/'),
  };
}

/** A pattern that matches a directory covers everything below it. */
function matches(rule: IgnoreRule, path: readonly string[], isDirectory: boolean): boolean {
  for (let length = 1; length <= path.length; length += 1) {
    const isWhole = length === path.length;
    if (isWhole && rule.isDirectoryOnly && !isDirectory) continue;
    if (matchesExactly(rule, path.slice(0, length))) return true;
  }
  return false;
}

function matchesExactly(rule: IgnoreRule, path: readonly string[]): boolean {
  const patterns =
    rule.isAnchored || rule.components[0] === '**' ? rule.components : ['**', ...rule.components];
  return matchComponents(patterns, path);
}

/** Matches components; `**` stands for any number of them. Greedy with one way back, so linear in practice. */
function matchComponents(patterns: readonly string[], path: readonly string[]): boolean {
  let pattern = 0;
  let component = 0;
  let star: { readonly pattern: number; component: number } | undefined;
  while (component < path.length) {
    const current = patterns[pattern];
    if (current === '**') {
      star = { pattern, component };
      pattern += 1;
    } else if (current !== undefined && matchesGlob(current, path[component] ?? '')) {
      pattern += 1;
      component += 1;
    } else if (star === undefined) {
      return false;
    } else {
      star.component += 1;
      component = star.component;
      pattern = star.pattern + 1;
    }
  }
  // An open `**` at the end stands for at least one component: `a/**` is what is below `a`, not `a` itself.
  return pattern === patterns.length;
}

const compiledGlobs = new Map<string, RegExp>();

function matchesGlob(glob: string, text: string): boolean {
  if (!/[*?[\\]/.test(glob)) return glob === text;
  const compiled = compiledGlobs.get(glob) ?? compileGlob(glob);
  compiledGlobs.set(glob, compiled);
  return compiled.test(text);
}

/** Shell wildcards of one component: `*`, `?`, `[a-z]`, `[!a]`, and `\` before a literal character. */
function compileGlob(glob: string): RegExp {
  const source = glob
    .replaceAll(/\*+/g, '*')
    .replaceAll(/\\(.)|\[([!^]?)(\]?[^\]]*)\]|([*?])|([^*?[\\]+|[[\\])/gs, translateGlobPart);
  return new RegExp(`^${source}$`, 's');
}

function translateGlobPart(
  _match: string,
  escaped: string | undefined,
  negation: string | undefined,
  set: string | undefined,
  wildcard: string | undefined,
  literal: string | undefined,
): string {
  if (escaped !== undefined) return escapeRegExp(escaped);
  if (set !== undefined) return translateSet(negation !== '', set);
  if (wildcard !== undefined) return wildcard === '*' ? '.*' : '.';
  return escapeRegExp(literal ?? '');
}

function translateSet(isNegated: boolean, set: string): string {
  const escaped = set.replaceAll(/[\\\]^[]/g, String.raw`\$&`);
  const source = `[${isNegated ? '^' : ''}${escaped}]`;
  try {
    return new RegExp(source, 's').source;
  } catch {
    // A range in the wrong order, such as [z-a], matches nothing.
    return '(?!)';
  }
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
