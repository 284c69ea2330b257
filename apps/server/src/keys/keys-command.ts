import type { Command } from 'commander';
import { addVerbs, type AdministrationCommandDeps } from '../users/administration-command.ts';

const ABOUT = `
Stop the platform first, and every other one on the same database: each holds the keys in its memory.
Interrupted at any point, the next start finds the key that fits; back up the new one afterwards.

  secrets  seals everything anew that is sealed in the store; nobody notices
  auth     signs every token anew: users sign in again, external services need their new tokens, and jobs that
           were left running have to be provisioned anew to call others`;

/** Declares `keys` and what can be done below it. */
export function createKeysCommand(deps: AdministrationCommandDeps): Command {
  const keys = deps.create('keys').description('replaces the keys in DATA_DIR/keys');
  keys.usage('[options] <command>').addHelpText('after', ABOUT);
  addVerbs(keys, deps, [
    {
      name: 'rotate',
      description: 'puts a new key in the place of one, with everything that was made with it',
      argument: ['<key>', 'auth or secrets'],
      isExclusive: true,
      toArgs: (name) => ['keys', 'rotate', name],
    },
  ]);
  return keys;
}
