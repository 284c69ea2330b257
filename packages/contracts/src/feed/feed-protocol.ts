import { z } from 'zod';
import { feedRecordSchema } from './feed-records.ts';

/**
 * The change feed: JSON lines over a socket, lifecycle → pub. One way for one machine and for many.
 *
 * Lifecycle sends a snapshot (`begin`, `put`…, `end`), to be swapped in atomically at `end`; afterwards changes
 * (`put`/`remove`…, `commit`), to be applied atomically at `commit`. Revisions only grow; `storeId` tells one
 * store from another, so that a pub never mixes two. Every 5 s without other traffic a `ping` travels.
 */
export const feedMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('begin'), storeId: z.string(), revision: z.number() }),
  z.object({ type: z.literal('put'), record: feedRecordSchema }),
  z.object({ type: z.literal('remove'), kind: z.string(), id: z.string() }),
  z.object({ type: z.literal('end'), revision: z.number() }),
  z.object({ type: z.literal('commit'), revision: z.number() }),
  z.object({ type: z.literal('ping'), revision: z.number() }),
]);
export type FeedMessage = z.infer<typeof feedMessageSchema>;

/** Counters of one job since the last report, gathered in pub's memory. */
export const callStatsSchema = z.object({
  jobId: z.string(),
  calls: z.number(),
  /** Milliseconds since the epoch. */
  lastCallAt: z.number(),
});
export type CallStats = z.infer<typeof callStatsSchema>;

/** Calls of one caller to all versions of one family since the last report. */
export const callEdgeStatsSchema = z.object({
  /** `null`: nobody in particular, as on public endpoints, or more callers than pub keeps apart. */
  subjectId: z.string().nullable(),
  /** Name of the called family. */
  family: z.string(),
  calls: z.number(),
  /** Milliseconds since the epoch. */
  lastCallAt: z.number(),
});
export type CallEdgeStats = z.infer<typeof callEdgeStatsSchema>;

/** What pub says back on the same socket. */
export const pubMessageSchema = z.discriminatedUnion('type', [
  /** First line of a connection. */
  z.object({ type: z.literal('hello'), pubId: z.string(), pid: z.number() }),
  /**
   * Sent after every applied revision, and whenever the number of calls in flight to an instance falls to
   * zero that is no longer routed. `inFlight` lists only instances with calls in flight.
   */
  z.object({ type: z.literal('ack'), revision: z.number(), inFlight: z.record(z.string(), z.number()) }),
  z.object({
    type: z.literal('stats'),
    jobs: z.array(callStatsSchema),
    /** Missing from pubs of earlier versions. */
    edges: z.array(callEdgeStatsSchema).default([]),
  }),
]);
export type PubMessage = z.infer<typeof pubMessageSchema>;
