import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFlag, readPage, type CodeBlock } from '@racetrack-platform/testing';
import { expect, test } from 'vitest';
import { ROOT } from '../repository.ts';
import { listPages } from './list-pages.ts';

const MANUAL = /^docs\/(?:tutorials|guides|job_types)\//;
const RUNNABLE = new Set(['sh', 'python', 'go', 'rust', 'js', 'ts']);

/** Who runs the pages that have something to run; all of `docs/guides/` but these are run by one test. */
const RUN_BY: Readonly<Record<string, string>> = {
  'docs/tutorials/first-deployment.md': 'e2e/src/tutorial.e2e.test.ts',
  'docs/tutorials/first-job.md': 'e2e/src/tutorial.e2e.test.ts',
  'docs/job_types/golang.md': 'plugins/job-type-golang/src/manual.integration.test.ts',
  'docs/job_types/node.md': 'plugins/job-type-node/src/manual.integration.test.ts',
  'docs/job_types/python3.md': 'plugins/job-type-python3/runtime/tests/test_manual.py',
  'docs/job_types/rust.md': 'plugins/job-type-rust/src/manual-harness.ts',
};
const GUIDES = 'e2e/src/guides.e2e.test.ts';

test('every block of code in the manual is run by a test, taken from a sample, or says why not', () => {
  const pages = listPages(ROOT).filter((path) => MANUAL.test(path));

  const problems = pages.flatMap((path) =>
    readPage(readFileSync(join(ROOT, path), 'utf8'))
      .blocks.filter(({ language }) => RUNNABLE.has(language))
      .flatMap((block) => {
        const problem = findProblem(path, block);
        return problem === undefined ? [] : [`${path}:${block.line}: ${problem}`];
      }),
  );

  expect(problems).toEqual([]);
});

function findProblem(page: string, block: CodeBlock): string | undefined {
  const reason = readFlag(block, 'not-run');
  if (reason !== undefined) return reason.includes(' ') ? undefined : 'not-run="…" has to give a reason';
  const source = readFlag(block, 'excerpt');
  if (source !== undefined) return isExcerpt(block.text, source) ? undefined : `is not part of ${source}`;
  const isRun =
    block.language === 'sh' ? block.flags.includes('test') : readFlag(block, 'file') !== undefined;
  if (!isRun) return 'mark it `test` (commands), `file=NAME`, `excerpt=PATH`, or `not-run="REASON"`';
  const runner = RUN_BY[page] ?? GUIDES;
  const isKnown = existsSync(join(ROOT, runner)) && names(runner, page);
  return isKnown ? undefined : `${runner} does not name this page`;
}

/** Tests name pages by their path, some from the repository and some in parts. */
function names(runner: string, page: string): boolean {
  const text = readFileSync(join(ROOT, runner), 'utf8');
  return text.includes(page.split('/').at(-1) ?? page);
}

/** Whether all lines are in the file, in this order; it may have more. */
function isExcerpt(text: string, path: string): boolean {
  if (!existsSync(join(ROOT, path))) return false;
  const lines = readFileSync(join(ROOT, path), 'utf8').split('\n');
  let from = 0;
  for (const line of text.split('\n')) {
    const at = lines.findIndex((other, index) => index >= from && other.includes(line.trim()));
    if (at === -1) return false;
    from = at + 1;
  }
  return true;
}
