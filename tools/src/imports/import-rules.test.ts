import { describe, expect, test } from 'vitest';
import { findImportProblems, type Workspace } from './import-rules.ts';
import { readImports } from './read-workspaces.ts';

function check(file: string, specifier: string, dependencies: string[] = []): string[] {
  const [top = '', second = ''] = file.split('/');
  const folder = top === 'tools' ? top : `${top}/${second}`;
  const workspace: Workspace = {
    folder,
    dependencies,
    devDependencies: [],
    imports: [{ file, specifier, line: 1 }],
    mentions: new Set(dependencies),
  };
  return findImportProblems([workspace], ['vitest']);
}

const CONTRACTS = '@racetrack-platform/contracts';
const ENGINE = '@racetrack-platform/plugin-engine';
const FAILPOINTS = '@racetrack-platform/failpoints';
const SANDBOX = '@racetrack-platform/sandbox';

describe('findImportProblems', () => {
  test.each([
    ['a declared package of a lower layer', 'apps/pub/src/a.ts', CONTRACTS, [CONTRACTS]],
    ['a part of one that can be had alone', 'apps/pub/src/a.ts', `${CONTRACTS}/processes`, [CONTRACTS]],
    ['a neighbour file', 'apps/pub/src/deep/a.ts', '../b.ts', []],
    ['Node.js in an app', 'apps/pub/src/a.ts', 'node:http', []],
    ['Node.js in a test of a browser-safe package', 'packages/errors/src/a.test.ts', 'node:fs', []],
    ['the test runner in a test', 'apps/pub/src/a.test.ts', 'vitest', []],
    [
      'the SDK in a plugin',
      'plugins/any/src/a.ts',
      '@racetrack-platform/plugin-sdk',
      ['@racetrack-platform/plugin-sdk'],
    ],
    ['the sandbox in the process target', 'plugins/infrastructure-process/src/a.ts', SANDBOX, [SANDBOX]],
  ])('allows %s', (_title, file, specifier, dependencies) => {
    expect(check(file, specifier, dependencies)).toEqual([]);
  });

  test.each([
    ['a package of a higher layer', 'packages/errors/src/a.ts', CONTRACTS, [CONTRACTS], /must not import/],
    ['the core from a plugin', 'plugins/any/src/a.ts', ENGINE, [ENGINE], /must not import/],
    ['the sandbox from any other plugin', 'plugins/any/src/a.ts', SANDBOX, [SANDBOX], /must not import/],
    [
      'failpoints in a plugin that is not ours to crash',
      'plugins/any/src/a.ts',
      FAILPOINTS,
      [FAILPOINTS],
      /must not import/,
    ],
    ['an app from an app', 'apps/pub/src/a.ts', '../../lifecycle/src/b.ts', [], /leaves apps\/pub/],
    ['what is not declared', 'apps/pub/src/a.ts', 'zod/mini', [], /zod is not declared/],
    ['the test runner outside of tests', 'apps/pub/src/a.ts', 'vitest', [], /vitest is not declared/],
    ['Node.js in a browser-safe package', 'packages/contracts/src/a.ts', 'node:fs', [], /runs in browsers/],
    [
      'the inside of a package',
      'apps/pub/src/a.ts',
      `${CONTRACTS}/src/b.ts`,
      [CONTRACTS],
      /behind the entry/,
    ],
  ])('refuses %s', (_title, file, specifier, dependencies, problem) => {
    expect(check(file, specifier, dependencies)).toEqual([expect.stringMatching(problem)]);
  });

  test('names dependencies that nothing uses', () => {
    const workspace = {
      folder: 'apps/pub',
      dependencies: ['pino'],
      devDependencies: [],
      imports: [],
      mentions: new Set<string>(),
    };

    expect(findImportProblems([workspace], [])).toEqual([
      'apps/pub/package.json: pino is declared but not used',
    ]);
  });
});

test('readImports finds imports of every form, with their lines, and none in comments or texts', () => {
  const text = [
    "import type { A } from 'a';",
    "// import 'no';",
    "import 'b';",
    "export * from './c.ts';",
    "const d = await import('d');",
    "const text = `import 'no'`;",
    'const e = await import(text);',
  ].join('\n');

  expect(readImports('x.ts', text).map(({ specifier, line }) => `${line} ${specifier}`)).toEqual([
    '1 a',
    '3 b',
    '4 ./c.ts',
    '5 d',
  ]);
});
