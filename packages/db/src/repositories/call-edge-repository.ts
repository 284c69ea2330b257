import type { Queryable } from '../store.ts';

/** Who has called which family, and how often: what pubs observed. */
export interface ObservedEdge {
  readonly subjectId: string;
  /** Name of the called family. */
  readonly family: string;
  readonly calls: number;
  /** Milliseconds since the epoch. */
  readonly lastCallAt: number;
}

export interface CallEdgeRepository {
  /** Adds up with what is known. What names a subject or family that is gone is left out. */
  add(edges: readonly ObservedEdge[]): Promise<void>;
  /** All edges, by family, then by subject. */
  list(): Promise<ObservedEdge[]>;
  /** Those that lead to one family. */
  listOfFamily(family: string): Promise<ObservedEdge[]>;
}

/** Rows per statement: well below the number of parameters that a database takes. */
const ROWS_PER_INSERT = 500;

/** All SQL on the table `call_edge`. */
export function createCallEdgeRepository(db: Queryable): CallEdgeRepository {
  const edges = db
    .selectFrom('call_edge')
    .innerJoin('job_family', 'job_family.id', 'call_edge.family_id')
    .select([
      'call_edge.subject_id as subjectId',
      'job_family.name as family',
      'call_edge.calls',
      'call_edge.last_call_at as lastCallAt',
    ])
    .orderBy('job_family.name')
    .orderBy('call_edge.subject_id');

  return {
    async add(observed) {
      for (let start = 0; start < observed.length; start += ROWS_PER_INSERT) {
        await addSome(db, observed.slice(start, start + ROWS_PER_INSERT));
      }
    },

    async list() {
      return await edges.execute();
    },

    async listOfFamily(family) {
      return await edges.where('job_family.name', '=', family).execute();
    },
  };
}

async function addSome(db: Queryable, observed: readonly ObservedEdge[]): Promise<void> {
  const names = [...new Set(observed.map((edge) => edge.family))];
  const ids = [...new Set(observed.map((edge) => edge.subjectId))];
  const families = await db
    .selectFrom('job_family')
    .select(['id', 'name'])
    .where('name', 'in', names)
    .execute();
  const subjects = await db.selectFrom('subject').select('id').where('id', 'in', ids).execute();
  const familyIds = new Map(families.map(({ id, name }) => [name, id]));
  const known = new Set(subjects.map(({ id }) => id));
  const rows = observed.flatMap(({ subjectId, family, calls, lastCallAt }) => {
    const familyId = familyIds.get(family);
    if (familyId === undefined || !known.has(subjectId)) return [];
    return [{ subject_id: subjectId, family_id: familyId, calls, last_call_at: lastCallAt }];
  });
  if (rows.length === 0) return;
  await db
    .insertInto('call_edge')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['subject_id', 'family_id']).doUpdateSet((eb) => ({
        calls: eb('call_edge.calls', '+', eb.ref('excluded.calls')),
        last_call_at: eb
          .case()
          .when('excluded.last_call_at', '>', eb.ref('call_edge.last_call_at'))
          .then(eb.ref('excluded.last_call_at'))
          .else(eb.ref('call_edge.last_call_at'))
          .end(),
      })),
    )
    .execute();
}
