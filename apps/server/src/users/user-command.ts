import type { Command } from 'commander';
import { addVerbs, type AdministrationCommandDeps, type VerbSpec } from './administration-command.ts';

const ABOUT = `
They work on the store directly, whether the platform runs or not; a running one follows within a second. The same over
the network: racetrack user.`;

const NAME = ['<name>', 'of the account, as user list shows it'] as const;

const VERBS: readonly VerbSpec[] = [
  {
    name: 'list',
    description: 'shows all accounts',
    option: ['--json', 'print JSON'],
    toArgs: (_name, isJson) => ['user', isJson ? 'list-json' : 'list'],
  },
  {
    name: 'activate',
    description: 'lets an account sign in, such as one that was registered',
    argument: NAME,
    toArgs: (name) => ['user', 'activate', name],
  },
  {
    name: 'deactivate',
    description: 'keeps an account out; its tokens are refused at once',
    argument: NAME,
    toArgs: (name) => ['user', 'deactivate', name],
  },
  {
    name: 'staff',
    description: 'makes an account an administrator of accounts, external services and plugins',
    argument: NAME,
    option: ['--revoke', 'take these rights away'],
    toArgs: (name, isRevoked) => ['user', isRevoked ? 'no-staff' : 'staff', name],
  },
  {
    name: 'reset-password',
    description: 'gives an account a new password, shown once, and revokes all its tokens',
    argument: NAME,
    toArgs: (name) => ['user', 'reset-password', name],
  },
];

/** Declares `user` and what can be done below it. */
export function createUserCommand(deps: AdministrationCommandDeps): Command {
  const user = deps.create('user').description('looks after accounts, also when nobody can sign in any more');
  user.usage('[options] <command>').addHelpText('after', ABOUT);
  addVerbs(user, deps, VERBS);
  return user;
}
