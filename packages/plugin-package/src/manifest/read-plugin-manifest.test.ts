import { describe, expect, test } from 'vitest';
import { assertCompatible, isCompatible } from './compatibility.ts';
import { checkPluginManifest, readPluginManifest, renderPluginManifest } from './read-plugin-manifest.ts';

const FILE = 'plugin-manifest.yaml';

function problemsOf(text: string): readonly string[] {
  return checkPluginManifest(text, FILE).problems;
}

describe('a plugin manifest', () => {
  test('of the original is read as it is', () => {
    const text =
      'build_date: 2023-07-04T101112Z\ncategory: infrastructure\ncomponents:\n- lifecycle\n- image-builder\nname: remote-docker\n' +
      'priority: 0\nurl: https://github.com/TheRacetrack/plugin-remote-docker\nversion: 1.8.0\n';

    expect(checkPluginManifest(text, FILE)).toMatchObject({
      manifest: { name: 'remote-docker', version: '1.8.0', components: ['lifecycle', 'image-builder'] },
      problems: [],
      warnings: [],
    });
  });

  test('is written with sorted keys and without what is not set', () => {
    const manifest = readPluginManifest('version: 1.0.0\nurl: null\nname: a\nracetrack: ">=2.36 <3"\n', FILE);

    expect(renderPluginManifest(manifest)).toBe(
      "components: []\nname: a\npriority: 0\nracetrack: '>=2.36 <3'\nversion: 1.0.0\n",
    );
  });

  test.each([
    ['name: ../../etc\nversion: 1.0.0', '"../../etc" is not a name for a plugin'],
    ['name: a/b\nversion: 1.0.0', 'is not a name for a plugin'],
    ['name: .hidden\nversion: 1.0.0', 'is not a name for a plugin'],
    ['name: a b\nversion: 1.0.0', 'is not a name for a plugin'],
    ['name: upload\nversion: 1.0.0', 'is not a name for a plugin'],
    ["name: ''\nversion: 1.0.0", 'is not a name for a plugin'],
    ['version: 1.0.0', `${FILE}: name: is missing`],
    ['name: a', `${FILE}: version: is missing; write three numbers in quotes, such as version: "1.0.0"`],
    ['name: a\nversion: 1.5', `${FILE}:2: version: 1.5 (a number) is not a version`],
    ["name: a\nversion: '1.0'", `"1.0" is not a version of the format 'X.Y.Z[-label]'`],
    ['name: a\nversion: 1.0.0/../x', 'is not a version'],
    ['name: a\nversion: v1.0.0', 'is not a version'],
    ['name: a\nversion: 1.0.0\npriority: high', '"high" is not a whole number'],
    ['name: a\nversion: 1.0.0\npriority: 1.5', '1.5 (a number) is not a whole number'],
    ['name: a\nversion: 1.0.0\nurl: [a]', 'a list or mapping is not a text'],
    ['name: a\nversion: 1.0.0\ncomponents: lifecycle', '"lifecycle" is not a list of components'],
    ['name: a\nversion: 1.0.0\nracetrack: soon', '"soon" is not a range of versions'],
    ['name: a\nversion: 1.0.0\nracetrack: 2.36', '2.36 (a number) is not a range of versions'],
    [
      'name: a\nversion: 1.0.0\ncategroy: core',
      `${FILE}:3: categroy: is no field of a plugin manifest; did you mean category?`,
    ],
    ['name: a\nname: b\nversion: 1.0.0', `${FILE}:2: name: is written twice`],
    ['', 'is empty'],
    ['- a', 'holds a list instead of fields'],
    ['name: [', 'not valid YAML'],
    ['a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: [*c]', 'no value before it has that anchor'],
  ])('%j is refused: %s', (text, problem) => {
    expect(problemsOf(text).join('\n')).toContain(problem);
  });

  test.each([
    [
      'a bomb',
      'a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]',
      'more than 50000 values',
    ],
    ['a large text', 'x'.repeat(70_000), 'is larger than 65536 characters'],
  ])('is refused for %s', (_title, text, problem) => {
    expect(problemsOf(text).join('\n')).toContain(problem);
  });

  test('names all problems at once, each with its line', () => {
    expect(problemsOf('name: a b\nversion: 1.0\nauthor: me')).toHaveLength(3);
  });

  test.each(['1.0.0', '1.3.1-3.9-bullseye', '2.0.0rc1', '1.2.3.4', '0.0.1-SNAPSHOT+5'])(
    'may have the version %s',
    (version) => {
      expect(problemsOf(`name: a\nversion: ${version}`)).toEqual([]);
    },
  );

  test('is doubted for a category or component that nothing here knows', () => {
    const { warnings } = checkPluginManifest(
      'name: a\nversion: 1.0.0\ncategory: x\ncomponents: [dashbord]',
      FILE,
    );

    expect(warnings).toEqual([
      `${FILE}: category: "x" is none of job-type, infrastructure, core`,
      `${FILE}: components: nothing here is called "dashbord"; known are lifecycle and image-builder`,
    ]);
  });
});

test('a home page that is no address is left out, not refused, for the original takes any text', () => {
  expect(checkPluginManifest('name: a\nversion: 1.0.0\nurl: "javascript:alert(1)"', FILE)).toMatchObject({
    manifest: { url: null },
    problems: [],
    warnings: [
      `${FILE}: url: "javascript:alert(1)" is not an address that begins with https://; it is left out`,
    ],
  });
});

describe('the range of versions of Racetrack', () => {
  test.each([
    [null, true],
    ['>=2.36 <3', true],
    ['2.x', true],
    ['>=2.37', false],
    ['^1', false],
  ])('%s: %s for 2.36.0', (racetrack, expected) => {
    expect(isCompatible({ racetrack }, '2.36.0')).toBe(expected);
  });

  test('is told to whoever installs a plugin outside of it', () => {
    const manifest = { name: 'a', version: '1.0.0', racetrack: '>=3' };

    expect(() => assertCompatible(manifest, '2.36.0')).toThrow(
      expect.objectContaining({
        code: 'PLUGIN_INCOMPATIBLE',
        message: 'plugin a 1.0.0 works with Racetrack >=3, and this is 2.36.0',
      }),
    );
  });
});
