import type { Logger } from 'pino';
import type { CallEdgeStats, CallStats } from '@racetrack-platform/contracts';
import {
  createCallEdgeRepository,
  createJobRepository,
  type ObservedEdge,
  type Store,
} from '@racetrack-platform/db';
import type { StoreOutage } from '../store/store-outage.ts';

export interface CallNotesDeps {
  readonly store: Store;
  readonly outage: StoreOutage;
  readonly logger: Logger;
}

/** Pairs that wait in memory while the store is away; calls of further ones are forgotten. */
const MAX_PENDING_EDGES = 10_000;

interface Batch {
  /** When each job was last called, by its id. */
  readonly lastCalls: Map<string, number>;
  /** Who called what, by both. */
  readonly edges: Map<string, ObservedEdge>;
}

/**
 * Stores when jobs were last called, and who called which family, as pubs report it; while the store is away, it waits
 * in memory.
 */
export class CallNotes {
  readonly #deps: CallNotesDeps;
  #pending = createBatch();
  #isWriting = false;

  constructor(deps: CallNotesDeps) {
    this.#deps = deps;
  }

  note(jobs: readonly CallStats[], edges: readonly CallEdgeStats[]): void {
    for (const { jobId, lastCallAt } of jobs) this.#rememberCall(jobId, lastCallAt);
    for (const { subjectId, ...edge } of edges) {
      if (subjectId !== null) this.#rememberEdge({ subjectId, ...edge });
    }
    if (!this.#isWriting) void this.#write();
  }

  #rememberCall(jobId: string, calledAt: number): void {
    const { lastCalls } = this.#pending;
    lastCalls.set(jobId, Math.max(calledAt, lastCalls.get(jobId) ?? 0));
  }

  #rememberEdge(edge: ObservedEdge): void {
    const { edges } = this.#pending;
    const key = `${edge.subjectId} ${edge.family}`;
    const known = edges.get(key);
    if (known === undefined && edges.size >= MAX_PENDING_EDGES) return;
    edges.set(key, {
      ...edge,
      calls: edge.calls + (known?.calls ?? 0),
      lastCallAt: Math.max(edge.lastCallAt, known?.lastCallAt ?? 0),
    });
  }

  async #write(): Promise<void> {
    const { store, outage, logger } = this.#deps;
    const batch = this.#pending;
    this.#pending = createBatch();
    this.#isWriting = true;
    try {
      await store.transaction(async ({ db }) => {
        for (const [jobId, calledAt] of batch.lastCalls)
          await createJobRepository(db).noteCall(jobId, calledAt);
        await createCallEdgeRepository(db).add([...batch.edges.values()]);
      });
    } catch (error) {
      // The next report brings another attempt.
      for (const [jobId, calledAt] of batch.lastCalls) this.#rememberCall(jobId, calledAt);
      for (const edge of batch.edges.values()) this.#rememberEdge(edge);
      if (!outage.isCause(error)) logger.warn({ err: error }, 'the calls of jobs could not be noted');
    } finally {
      this.#isWriting = false;
    }
  }
}

function createBatch(): Batch {
  return { lastCalls: new Map(), edges: new Map() };
}
