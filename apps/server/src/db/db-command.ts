import type { Command } from 'commander';
import type { Flags } from '../config.ts';

/** What is to be done with the store. */
export type DbAction =
  | { readonly kind: 'migrate' }
  | { readonly kind: 'status'; readonly json: boolean }
  | { readonly kind: 'export'; readonly file: string }
  | { readonly kind: 'import'; readonly file: string };

interface DbCommandDeps {
  /** Makes a command with the habits of the others. */
  readonly create: (name: string) => Command;
  readonly dataDirOption: readonly [string, string];
  readonly onAction: (action: DbAction, flags: Flags) => void;
}

const ABOUT = `
The store is the PostgreSQL database of DATABASE_URL when that variable is set, else DATA_DIR/store/racetrack.db.

An export holds everything but the keys: secrets in it stay sealed, and only DATA_DIR/keys opens them.
To move to another database, stop the platform, then:
  npm start -- db export store.jsonl
  DATABASE_URL=postgres://… npm start -- db import store.jsonl
and start with that DATABASE_URL on the same data directory. Elsewhere, take host-id, keys/ and builds/ along first:
job instances belong to the data directory that they were started in.`;

/** Declares `db` and what can be done below it. */
export function createDbCommand({ create, dataDirOption, onAction }: DbCommandDeps): Command {
  const db = create('db').description('looks after the store: migrate, status, export, import');
  db.usage('[options] <command>').addHelpText('after', ABOUT);
  const add = (name: string, description: string, toAction: (command: Command) => DbAction): Command => {
    const command = create(name).description(description);
    command.option(...dataDirOption);
    command.action((...args: unknown[]) => {
      const self = args.at(-1) as Command;
      const { json: _json, ...flags } = self.optsWithGlobals<Flags & { json?: true }>();
      onAction(toAction(self), flags);
    });
    db.addCommand(command);
    return command;
  };
  const fileOf = (command: Command): string => String(command.processedArgs[0]);
  add('migrate', 'brings the schema up to date, as the next start would', () => ({ kind: 'migrate' }));
  add('status', 'shows where the store is, its schema, its size and who uses it', (command) => ({
    kind: 'status',
    json: command.opts<{ json?: true }>().json === true,
  })).option('--json', 'print one JSON object');
  add('export', 'writes the whole store to a new file; the platform may run meanwhile', (command) => ({
    kind: 'export',
    file: fileOf(command),
  })).argument('<file>', 'must not exist yet');
  add('import', 'fills an empty store with an export; the platform must not run', (command) => ({
    kind: 'import',
    file: fileOf(command),
  })).argument('<file>', 'made by db export');
  return db;
}
