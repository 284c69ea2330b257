import type { Command } from 'commander';
import type { Flags } from '../config.ts';

/** Something that lifecycle does on the store in a process of its own. */
export interface AdministrationAction {
  /** What is to be done, as lifecycle's `administration.ts` takes it. */
  readonly args: readonly string[];
  /** Whether no platform may run on this data directory meanwhile. */
  readonly isExclusive: boolean;
}

export interface AdministrationCommandDeps {
  /** Makes a command with the habits of the others. */
  readonly create: (name: string) => Command;
  readonly dataDirOption: readonly [string, string];
  readonly onAction: (action: AdministrationAction, flags: Flags) => void;
}

/** Declares one verb below a group such as `user`. */
export interface VerbSpec {
  readonly name: string;
  readonly description: string;
  /** Name of its argument in brackets and what it means; undefined: it takes none. */
  readonly argument?: readonly [string, string];
  /** A switch that makes it do something else. */
  readonly option?: readonly [string, string];
  readonly isExclusive?: boolean;
  /** @param argument - as it was given; @param isSwitched - whether the option was. */
  readonly toArgs: (argument: string, isSwitched: boolean) => readonly string[];
}

/** Puts verbs below a group. */
export function addVerbs(group: Command, deps: AdministrationCommandDeps, verbs: readonly VerbSpec[]): void {
  for (const { name, description, argument, option, isExclusive = false, toArgs } of verbs) {
    const command = deps.create(name).description(description);
    if (argument !== undefined) command.argument(...argument);
    if (option !== undefined) command.option(...option);
    command.option(...deps.dataDirOption);
    command.action((...given: unknown[]) => {
      const self = given.at(-1) as Command;
      const isSwitched = option !== undefined && self.getOptionValue(attributeOf(option[0])) === true;
      const args = toArgs(String(self.processedArgs[0] ?? ''), isSwitched);
      deps.onAction({ args, isExclusive }, self.optsWithGlobals<Flags>());
    });
    group.addCommand(command);
  }
}

function attributeOf(flag: string): string {
  return flag.replace(/^--/, '');
}
