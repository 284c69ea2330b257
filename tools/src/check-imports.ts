import { findImportProblems } from './imports/import-rules.ts';
import { readToolchain, readWorkspaces } from './imports/read-workspaces.ts';
import { ROOT } from './repository.ts';

/** Prints every import that breaks a rule of ARCHITECTURE.md. */
const problems = findImportProblems(readWorkspaces(ROOT), readToolchain(ROOT));
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);
