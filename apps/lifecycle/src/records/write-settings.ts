import { z } from 'zod';
import { createRecordChanges, createSettingRepository, fromJson, type Store } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { recordAudit } from '../audit/record-audit.ts';
import { actorOf } from '../auth/actor.ts';
import { changeSetting, type SettingValue } from '../settings/maintenance-routes.ts';
import { readFields, textOf, type RecordWriter } from './record-writer.ts';

const value = z.string().max(10_000);
const created = z.strictObject({ name: z.string().regex(/^\w[\w.-]{0,99}$/), value: value.optional() });
const changed = z.strictObject({ value: value.nullable() });

/** Settings; pub learns of them at once. */
export function createSettingWriter({ store }: { readonly store: Store }): RecordWriter {
  return {
    hint: 'A setting is known by its name: make another one.',

    async create(fields, editor) {
      const wanted = readFields(created, fields);
      await store.transaction(async (trx) => {
        if ((await createSettingRepository(trx.db).find(wanted.name)) !== undefined) {
          throw new PlatformError('ALREADY_EXISTS', `there is a setting ${wanted.name} already`, {
            hint: 'Change the one that exists.',
          });
        }
        await changeSetting(trx, editor, { name: wanted.name, value: readJson(wanted.value ?? 'null') });
      });
      return wanted.name;
    },

    async update(record, fields, editor) {
      const wanted = readFields(changed, fields);
      const change = { name: textOf(record, 'name'), value: readJson(wanted.value ?? 'null') };
      await store.transaction(async (trx) => await changeSetting(trx, editor, change));
    },

    async delete(record, { subject, address }) {
      const name = textOf(record, 'name');
      await store.transaction(async (trx) => {
        await createRecordChanges(trx.db).deleteSetting(name);
        trx.feedChanged('setting', name);
        await recordAudit(trx, {
          ...actorOf(subject, address),
          eventType: 'setting_changed',
          properties: { name },
          before: { value: fromJson(textOf(record, 'value')) },
          after: { value: null },
        });
      });
    },
  };
}

function readJson(text: string): SettingValue {
  try {
    return z.json().parse(JSON.parse(text));
  } catch (error) {
    throw new PlatformError('BAD_REQUEST', 'the value of a setting is JSON text', {
      hint: 'Send it like "true" or "{\\"a\\": 1}", as a string.',
      cause: error,
    });
  }
}
