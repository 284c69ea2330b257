import path from 'node:path';
import { BIN, ROOT } from './repository.ts';
import { runCommand } from './steps/run-command.ts';

/** Repairs what can be repaired without thinking; the formatter comes last, since fixes may need formatting. */
const lint = await runCommand(path.join(BIN, 'oxlint'), ['--fix'], { cwd: ROOT, output: 'inherit' });
const format = await runCommand(path.join(BIN, 'oxfmt'), ['.'], { cwd: ROOT, output: 'inherit' });
process.exit(lint.code === 0 && format.code === 0 ? 0 : 1);
