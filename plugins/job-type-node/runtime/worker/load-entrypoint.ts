import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

type Anything = Readonly<Record<string, unknown>>;
type Constructor = new () => object;

/**
 * Imports the job's file and makes its entrypoint: an instance of the class, the exported object, or an object around the
 * exported function `perform`.
 *
 * @param className - empty: the default export, else the only one that fits.
 * @throws what the job's code throws; Error that says what was looked for.
 */
export async function loadEntrypoint(path: string, className: string): Promise<Anything> {
  const module = await importFile(path);
  const entrypoint = instantiate(findExport(module, path, className));
  if (typeof entrypoint === 'object') return entrypoint as Anything;
  throw new Error(
    `${path} exports no entrypoint: a class or object with a method perform, or a function perform`,
  );
}

async function importFile(path: string): Promise<Anything> {
  try {
    return (await import(pathToFileURL(resolve(path)).href)) as Anything;
  } catch (error) {
    explainTypeImport(error);
    const missing = nameMissingPackage(error);
    if (missing === undefined) throw error;
    const problem = new Error(
      `package ${missing} is not installed: put it into package.json and set jobtype_extra.dependencies_path`,
    );
    // Where Node has looked for it helps nobody.
    problem.stack = '';
    throw problem;
  }
}

/** TypeScript's commonest slip: a type, which is not there when the job runs, is imported as if it were a value. */
function explainTypeImport(error: unknown): void {
  if (!(error instanceof SyntaxError) || !/^file:.*\.[cm]?ts:\d+$/m.test(error.stack ?? '')) return;
  const [, name] = /does not provide an export named '([^']+)'/.exec(error.message) ?? [];
  if (name === undefined) return;
  error.message += `: if ${name} is a type, write "import type { ${name} }", since Node.js only leaves out the types`;
}

/** The package that an import or `require` has not found; `undefined` for files, and for other errors. */
function nameMissingPackage(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  if (error.code !== 'ERR_MODULE_NOT_FOUND' && error.code !== 'MODULE_NOT_FOUND') return undefined;
  return /^Cannot find (?:package|module) '((?:@[^/']+\/)?[^./'][^/']*)(?:\/[^']*)?'/.exec(
    error.message,
  )?.[1];
}

function findExport(module: Anything, path: string, className: string): unknown {
  const { default: main } = module;
  if (className !== '') {
    const named = module[className] ?? (isObject(main) ? main[className] : undefined);
    if (named !== undefined) return named;
    if (typeof main === 'function' && main.name === className) return main;
    throw new Error(`${path} exports no class ${className}`);
  }
  if (typeof main === 'function' || isEntrypoint(main)) return main;
  const scope = isObject(main) ? { ...main, ...module } : module;
  if (typeof scope['perform'] === 'function') return scope;
  const fitting = Object.entries(scope).filter(
    ([name, value]) => name !== 'default' && (isClass(value) || isEntrypoint(value)),
  );
  const [first, second] = fitting;
  if (first !== undefined && second === undefined) return first[1];
  const names = fitting.map(([name]) => name).join(', ');
  const problem =
    second === undefined
      ? 'exports no entrypoint: a class or object with a method perform, or a function perform'
      : `exports several that could be the entrypoint (${names}): set jobtype_extra.entrypoint_class`;
  throw new Error(`${path} ${problem}`);
}

function instantiate(found: unknown): unknown {
  if (isClass(found)) return new found();
  return typeof found === 'function' ? { perform: found } : found;
}

function isClass(value: unknown): value is Constructor {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

function isEntrypoint(value: unknown): boolean {
  return isObject(value) && typeof value['perform'] === 'function';
}

function isObject(value: unknown): value is Anything {
  return typeof value === 'object' && value !== null;
}
