import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { readPage, type Page } from '@racetrack-platform/testing';
import { expect, test } from 'vitest';
import { ROOT } from '../repository.ts';
import { listPages } from './list-pages.ts';

const pages = new Map<string, Page>(
  listPages(ROOT).map((path) => [path, readPage(readFileSync(join(ROOT, path), 'utf8'))]),
);

/** What is wrong with a link inside the repository; `undefined`: nothing. */
function findProblem(path: string, target: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return undefined;
  const [file = '', anchor] = target.split('#');
  const linked = file === '' ? path : normalize(join(dirname(path), decodeURIComponent(file)));
  if (linked.startsWith('..')) return 'leads out of the repository';
  if (!existsSync(join(ROOT, linked))) return 'leads nowhere';
  if (anchor === undefined || statSync(join(ROOT, linked)).isDirectory()) return undefined;
  return pages.get(linked)?.anchors.has(anchor) === false ? 'names a heading that is not there' : undefined;
}

test('every link inside the documentation leads somewhere', () => {
  const broken = [...pages].flatMap(([path, { links }]) =>
    links.flatMap(({ target, line }) => {
      const problem = findProblem(path, target);
      return problem === undefined ? [] : [`${path}:${line}: ${target} ${problem}`];
    }),
  );

  expect(broken).toEqual([]);
});

test('every page of docs/ is reached from docs/README.md', () => {
  const reached = new Set<string>();
  const waiting = ['docs/README.md'];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    for (const { target } of pages.get(path)?.links ?? []) {
      const file = target.split('#')[0] ?? '';
      if (file.endsWith('.md') && !file.includes(':')) waiting.push(normalize(join(dirname(path), file)));
    }
  }

  const missed = [...pages.keys()].filter(
    (path) => path.startsWith('docs/') && !path.startsWith('docs/adr/') && !reached.has(path),
  );
  expect(missed).toEqual([]);
});
