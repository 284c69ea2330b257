import type { Selectable } from 'kysely';
import type { FamilyEndpointTable } from '../database.ts';
import type { Queryable } from '../store.ts';

export type FamilyEndpointRow = Selectable<FamilyEndpointTable>;

/** Public endpoints that were approved for the versions of a family that are still to come. */
export interface FamilyEndpointRepository {
  list(familyId: string): Promise<FamilyEndpointRow[]>;
  /** Of all families, with their names. */
  listAll(): Promise<(FamilyEndpointRow & { readonly family: string })[]>;
  /** Approves it; who did so first stays. */
  approve(row: FamilyEndpointRow): Promise<void>;
  /** Answers false when it was not approved. */
  withdraw(familyId: string, endpoint: string): Promise<boolean>;
}

/** All SQL on the table `family_endpoint`; endpoints are normalised. */
export function createFamilyEndpointRepository(db: Queryable): FamilyEndpointRepository {
  return {
    async list(familyId) {
      return await db
        .selectFrom('family_endpoint')
        .selectAll()
        .where('family_id', '=', familyId)
        .orderBy('endpoint')
        .execute();
    },

    async listAll() {
      return await db
        .selectFrom('family_endpoint')
        .innerJoin('job_family', 'job_family.id', 'family_endpoint.family_id')
        .selectAll('family_endpoint')
        .select('job_family.name as family')
        .execute();
    },

    async approve(row) {
      await db
        .insertInto('family_endpoint')
        .values(row)
        .onConflict((conflict) => conflict.columns(['family_id', 'endpoint']).doNothing())
        .execute();
    },

    async withdraw(familyId, endpoint) {
      const { numDeletedRows } = await db
        .deleteFrom('family_endpoint')
        .where('family_id', '=', familyId)
        .where('endpoint', '=', endpoint)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },
  };
}
