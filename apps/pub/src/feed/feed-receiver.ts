import {
  feedMessageSchema,
  type FeedMessage,
  type FeedRecord,
} from '@racetrack-platform/contracts/processes';
import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import { createTables, type Tables } from './tables.ts';

export interface FeedReceiverDeps {
  /** The tables in use, if any. */
  readonly tables: () => Tables | undefined;
  /** Puts a complete snapshot into use. */
  readonly swap: (tables: Tables) => void;
  /** Called after a revision was applied, and its tables are in use. */
  readonly onApplied: () => void;
}

type Change =
  | { readonly type: 'put'; readonly record: FeedRecord }
  | { readonly type: 'remove'; readonly kind: string; readonly id: string };

/** What this pub knows; anything else comes from a newer lifecycle and is skipped. */
const KNOWN_KINDS: ReadonlySet<string> = new Set<FeedRecord['kind']>([
  'job',
  'token',
  'subject',
  'setting',
  'pin',
]);
const KNOWN_TYPES: ReadonlySet<string> = new Set<FeedMessage['type']>([
  'begin',
  'put',
  'remove',
  'end',
  'commit',
  'ping',
]);
const foreignMessageSchema = z.union([
  z.object({ type: z.string().refine((type) => !KNOWN_TYPES.has(type)) }),
  z.object({
    type: z.literal('put'),
    record: z.object({ kind: z.string().refine((kind) => !KNOWN_KINDS.has(kind)) }),
  }),
]);

/**
 * Follows the protocol of one feed connection: a snapshot is built aside and swapped in at `end`, changes are
 * held back and applied together at `commit`, so that no call ever sees half of either.
 *
 * @returns what to call with each line; throws {@link PlatformError} `BAD_REQUEST` when the protocol is broken,
 * upon which the connection has to be given up.
 */
export function createFeedReceiver(deps: FeedReceiverDeps): (line: string) => void {
  let snapshot: Tables | undefined;
  let changes: Change[] = [];
  /** The tables that this connection made: changes apply to no others. */
  let own: Tables | undefined;

  function receive(message: FeedMessage): void {
    switch (message.type) {
      case 'begin':
        snapshot = createTables(message.storeId, message.revision);
        changes = [];
        return;
      case 'put':
        if (snapshot === undefined) changes.push(message);
        else snapshot.put(message.record);
        return;
      case 'remove':
        if (snapshot === undefined) changes.push(message);
        else snapshot.remove(message.kind, message.id);
        return;
      case 'end':
        swapIn(message.revision);
        return;
      case 'commit':
        applyChanges(message.revision);
        return;
      case 'ping':
        // The feed is ordered: all that belongs to this revision and concerns pub has been sent before.
        if (own !== undefined && changes.length === 0 && message.revision > own.revision) {
          applyChanges(message.revision);
        }
    }
  }

  function swapIn(revision: number): void {
    if (snapshot === undefined) throw broken('"end" without "begin"');
    own = snapshot;
    snapshot = undefined;
    own.revision = revision;
    deps.swap(own);
    deps.onApplied();
  }

  function applyChanges(revision: number): void {
    if (own === undefined || snapshot !== undefined) throw broken('a change outside of a complete snapshot');
    if (revision < own.revision) throw broken(`revision ${revision} after ${own.revision}`);
    for (const change of changes) {
      if (change.type === 'put') own.put(change.record);
      else own.remove(change.kind, change.id);
    }
    changes = [];
    own.revision = revision;
    deps.onApplied();
  }

  return (line) => {
    const message = parseLine(line);
    if (message !== undefined) receive(message);
  };
}

function parseLine(line: string): FeedMessage | undefined {
  let data: unknown;
  try {
    data = JSON.parse(line);
  } catch (error) {
    throw broken('a line that is not JSON', error);
  }
  const result = feedMessageSchema.safeParse(data);
  if (result.success) return result.data;
  if (foreignMessageSchema.safeParse(data).success) return undefined;
  throw broken(`a message of unknown shape: ${z.prettifyError(result.error)}`, result.error);
}

function broken(what: string, cause?: unknown): PlatformError {
  return new PlatformError('BAD_REQUEST', `the feed sent ${what}`, { cause });
}
