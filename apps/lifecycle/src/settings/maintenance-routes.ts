import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import {
  MAINTENANCE_MESSAGE,
  MAINTENANCE_MODE,
  maintenanceDtoSchema,
  maintenancePayloadSchema,
} from '@racetrack-platform/contracts';
import { createSettingRepository, type Store, type StoreTransaction } from '@racetrack-platform/db';
import { recordAudit } from '../audit/record-audit.ts';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import { requireStaff } from '../auth/require-permission.ts';
import { authenticated } from '../http/authentication.ts';
import { findMaintenance } from './maintenance.ts';

export interface MaintenanceRoutesDeps {
  readonly store: Store;
}

const tags = ['settings'];

/** Maintenance mode, for staff. Ours: in Racetrack 2.36 a row in a table has to be written by hand. */
export const maintenanceRoutes: FastifyPluginAsyncZod<MaintenanceRoutesDeps> = async (app, { store }) => {
  const response = { 200: maintenanceDtoSchema };

  app.get(
    '/api/v1/settings/maintenance',
    { schema: { tags, summary: 'Tell whether maintenance mode is on; for staff', response } },
    async (request) => {
      requireStaff(await authenticated(request));
      const { isOn, message } = await findMaintenance(store.db);
      return { enabled: isOn, message: message ?? null };
    },
  );

  app.put(
    '/api/v1/settings/maintenance',
    {
      schema: {
        tags,
        summary: 'Turn maintenance mode on or off, with a message for those who are refused; for staff',
        body: maintenancePayloadSchema,
        response,
      },
    },
    async (request) => {
      const subject = await authenticated(request);
      requireStaff(subject);
      const { enabled, message } = request.body;
      const wanted = { enabled, message: message === '' ? null : (message ?? null) };
      const by = { subject, address: request.ip };
      await store.transaction(async (trx) => {
        await changeSetting(trx, by, { name: MAINTENANCE_MODE, value: wanted.enabled });
        await changeSetting(trx, by, { name: MAINTENANCE_MESSAGE, value: wanted.message });
      });
      return wanted;
    },
  );
};

/** Anything that JSON holds. */
export type SettingValue = boolean | number | string | null | object;

/** Who changes a setting. */
export interface SettingChanger {
  readonly subject: AuthenticatedSubject;
  readonly address: string;
}

/** Sets a setting, tells pub, and writes it down – unless it has that value already. */
export async function changeSetting(
  trx: StoreTransaction,
  { subject, address }: SettingChanger,
  { name, value }: { readonly name: string; readonly value: SettingValue },
): Promise<void> {
  const settings = createSettingRepository(trx.db);
  const before = (await settings.find(name)) ?? null;
  if (JSON.stringify(before) === JSON.stringify(value)) return;
  await settings.set(name, value);
  trx.feedChanged('setting', name);
  await recordAudit(trx, {
    eventType: 'setting_changed',
    executor: subject.name,
    executorSubjectId: subject.subjectId,
    address,
    properties: { name },
    before: { value: before },
    after: { value },
  });
}
