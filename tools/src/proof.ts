import path from 'node:path';
import { presentDuration } from './steps/present-duration.ts';
import { BIN, ROOT } from './repository.ts';
import { listProofs } from './proofs/list-proofs.ts';
import { runCommand } from './steps/run-command.ts';

/** `npm run proof -- NAME`: the long form of what CI runs briefly; without a name it lists what there is. */
const proofs = await listProofs(path.join(ROOT, 'e2e/src/proofs'));
const [name, ...rest] = process.argv.slice(2);
const proof = proofs.find((candidate) => candidate.name === name);

if (proof === undefined) {
  const isWrong = name !== undefined && name !== '--help';
  const say = isWrong ? console.error : console.log;
  if (isWrong) say(`There is no proof ${name}.\n`);
  say('usage: npm run proof -- NAME [vitest option...]\n');
  const width = Math.max(...proofs.map((candidate) => candidate.name.length));
  for (const candidate of proofs) say(`  ${candidate.name.padEnd(width)}  ${candidate.description}`);
  process.exit(isWrong ? 2 : 0);
}

console.log(`${proof.name}: ${proof.description}\n`);
const { code, durationMs } = await runCommand(
  path.join(BIN, 'vitest'),
  ['run', '--project', 'proof', proof.file, ...rest],
  { cwd: ROOT, output: 'inherit' },
);
console.log(`${proof.name}: ${code === 0 ? 'holds' : 'DOES NOT HOLD'}, ${presentDuration(durationMs)}`);
process.exit(code ?? 1);
