import type { JobGraphDto } from '@racetrack-platform/contracts';
import type { CallGrants, GraphCaller } from '@racetrack-platform/db';

/** What is shown of a job. */
export interface GraphJob {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly url: string;
}

/** How often somebody has called a family. */
export interface ObservedCalls {
  readonly subjectId: string;
  readonly family: string;
  readonly calls: number;
  /** Milliseconds since the epoch. */
  readonly lastCallAt: number;
}

export interface GraphFacts {
  /** Those that the viewer may read; nothing is shown of others. */
  readonly jobs: readonly GraphJob[];
  readonly callers: readonly GraphCaller[];
  /** Permissions of the callers to call jobs. */
  readonly grants: readonly CallGrants[];
  /** Left out: edges say only what is permitted, as in Racetrack 2.36. */
  readonly calls?: readonly ObservedCalls[] | undefined;
  /** Whether external services are shown that have nothing to do with the jobs. */
  readonly showsAllServices: boolean;
}

type Edge = JobGraphDto['edges'][number];

/**
 * Draws who may call whom: job families and external services as nodes, an edge for each family of which somebody may
 * call at least one job that the viewer may read. Grants on jobs that are gone or hidden make no edge.
 */
export function buildGraph(facts: GraphFacts): JobGraphDto {
  const { jobs, callers, showsAllServices } = facts;
  const families = Map.groupBy(jobs, (job) => job.name);
  const familyOfJob = new Map(jobs.map((job) => [job.id, job.name]));
  const grantsOf = new Map(facts.grants.map((grants) => [grants.subjectId, grants]));
  const callsOf = facts.calls && Map.groupBy(facts.calls, (call) => call.subjectId);
  const edges: Edge[] = [];
  const services: JobGraphDto['nodes'] = [];
  for (const caller of callers) {
    if (caller.kind === 'job_family' && !families.has(caller.name)) continue;
    const permitted = findCallable(grantsOf.get(caller.subjectId), families, familyOfJob);
    const observed =
      callsOf && (callsOf.get(caller.subjectId) ?? []).filter(({ family }) => families.has(family));
    const own = drawEdges(nodeIdOf(caller), permitted, observed);
    if (caller.kind === 'esc' && (own.length > 0 || showsAllServices)) services.push(presentService(caller));
    for (const edge of own) edges.push(edge);
  }
  const nodes = [...families.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  return { nodes: [...services, ...nodes.map(([name, own]) => presentFamily(name, own))], edges };
}

/** The visible families of which these grants open at least one visible job. */
function findCallable(
  grants: CallGrants | undefined,
  families: ReadonlyMap<string, unknown>,
  familyOfJob: ReadonlyMap<string, string>,
): Set<string> {
  if (grants === undefined) return new Set();
  if (grants.everything) return new Set(families.keys());
  const callable = new Set(grants.families.filter((family) => families.has(family)));
  for (const id of grants.jobIds) {
    const family = familyOfJob.get(id);
    if (family !== undefined) callable.add(family);
  }
  for (const { jobId, family } of grants.jobsOfFamilies) {
    if (familyOfJob.get(jobId) === family) callable.add(family);
  }
  return callable;
}

function drawEdges(
  fromId: string,
  permitted: ReadonlySet<string>,
  observed: readonly ObservedCalls[] | undefined,
): Edge[] {
  if (observed === undefined) {
    return [...permitted].map((family) => ({ from_id: fromId, to_id: familyNodeId(family) }));
  }
  const callsTo = new Map(observed.map((call) => [call.family, call]));
  return [...new Set([...permitted, ...callsTo.keys()])].map((family) => {
    const seen = callsTo.get(family);
    return {
      from_id: fromId,
      to_id: familyNodeId(family),
      permitted: permitted.has(family),
      observed: seen !== undefined,
      calls: seen?.calls ?? 0,
      last_call_time: seen === undefined ? null : Math.floor(seen.lastCallAt / 1_000),
    };
  });
}

function nodeIdOf({ kind, id, name }: GraphCaller): string {
  return kind === 'esc' ? `esc-${id}` : familyNodeId(name);
}

function familyNodeId(name: string): string {
  return `job-family-${name}`;
}

function presentService({ id, name }: GraphCaller): JobGraphDto['nodes'][number] {
  return { id: `esc-${id}`, type: 'esc', title: name, subtitle: `ESC:\n${id}` };
}

function presentFamily(name: string, jobs: readonly GraphJob[]): JobGraphDto['nodes'][number] {
  const lines = jobs.map((job) => `- ${job.name} v${job.version} - ${job.url}`);
  const subtitle = [`Job Family: ${name}`, 'Jobs:', ...lines].join('\n');
  return { id: familyNodeId(name), type: 'job-family', title: name, subtitle };
}
