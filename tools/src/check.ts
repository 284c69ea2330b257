import path from 'node:path';
import { BIN, ROOT } from './repository.ts';
import { presentDuration } from './steps/present-duration.ts';
import { runCommand } from './steps/run-command.ts';

const UNIT_TESTS = 'unit tests';

/**
 * Everything that must hold before a change is committed, cheapest first. One failure does not hide the next. Whoever
 * runs all tests anyway leaves the last step out: `npm run check -- --without-tests`.
 */
const ALL_STEPS: readonly { readonly name: string; readonly command: readonly [string, ...string[]] }[] = [
  { name: 'format', command: [path.join(BIN, 'oxfmt'), '--check', '.'] },
  { name: 'lint', command: [path.join(BIN, 'oxlint')] },
  { name: 'types', command: [path.join(BIN, 'tsc'), '-p', '.'] },
  { name: 'imports', command: [process.execPath, 'tools/src/check-imports.ts'] },
  { name: 'dead code', command: [path.join(BIN, 'knip')] },
  { name: UNIT_TESTS, command: [path.join(BIN, 'vitest'), 'run', '--project', 'unit', '--reporter=dot'] },
];

const isWithoutTests = process.argv.includes('--without-tests');
const STEPS = ALL_STEPS.filter(({ name }) => !isWithoutTests || name !== UNIT_TESTS);

const startedAt = performance.now();
const failed: string[] = [];
for (const { name, command } of STEPS) {
  const [program, ...args] = command;
  const { code, output, durationMs } = await runCommand(program, args, { cwd: ROOT, output: 'collect' });
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name.padEnd(12)} ${presentDuration(durationMs)}`);
  if (code === 0) continue;
  failed.push(name);
  console.log(`\n${output.trim()}\n`);
}
console.log(`\n${STEPS.length} checks in ${presentDuration(performance.now() - startedAt)}`);
if (failed.length > 0) {
  console.log(
    `Failed: ${failed.join(', ')}. Format and some findings of the linter are repaired by: npm run fix`,
  );
}
process.exit(failed.length === 0 ? 0 : 1);
