import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  countRecordsPayloadSchema,
  listRecordsPayloadSchema,
  recordDtoSchema,
  recordIdsPayloadSchema,
  recordNamesDtoSchema,
  recordsPageDtoSchema,
  recordTableDtoSchema,
} from '@racetrack-platform/contracts';
import { RECORD_TABLES } from '@racetrack-platform/db';
import { requireStaff } from '../auth/require-permission.ts';
import { authenticated } from '../http/authentication.ts';
import { createRecord, deleteRecord, updateRecord } from './change-records.ts';
import { getTable, presentTable } from './find-table.ts';
import { countRecords, getRecord, listRecords, nameRecords, presentRecord } from './read-records.ts';
import type { RecordEditor } from './record-writer.ts';
import { createRecordWriters, type RecordWritersDeps } from './record-writers.ts';

const tableParams = z.object({ table: z.string() });
const recordParams = tableParams.extend({ id: z.string() });
const tags = ['records'];
const nothing = { 200: z.null() };

/**
 * The generic table editor of Racetrack 2.36, for staff: its tables as views of ours. Changes are the operations of the
 * platform, with everything that belongs to them; what would contradict the platform is refused.
 */
export const recordRoutes: FastifyPluginAsyncZod<RecordWritersDeps> = async (app, deps) => {
  const { db } = deps.store;
  const context = { db, writers: createRecordWriters(deps) };
  const onRequest = async (request: FastifyRequest): Promise<void> => {
    requireStaff(await authenticated(request));
  };

  app.get(
    '/api/v1/records/tables',
    {
      onRequest,
      schema: { tags, summary: 'List the tables', response: { 200: z.array(recordTableDtoSchema) } },
    },
    async () => RECORD_TABLES.map(presentTable),
  );

  app.get(
    '/api/v1/records/table/:table/metadata',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Describe a table',
        params: tableParams,
        response: { 200: recordTableDtoSchema },
      },
    },
    async ({ params }) => presentTable(getTable(params.table)),
  );

  app.post(
    '/api/v1/records/table/:table/count',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Count records',
        params: tableParams,
        body: countRecordsPayloadSchema,
        response: { 200: z.int() },
      },
    },
    async ({ params, body }) => await countRecords(db, getTable(params.table), body.filters),
  );

  app.post(
    '/api/v1/records/table/:table/list',
    {
      onRequest,
      schema: {
        tags,
        summary: 'List records, at most 10,000 at a time',
        params: tableParams,
        body: listRecordsPayloadSchema,
        response: { 200: recordsPageDtoSchema },
      },
    },
    async ({ params, body }) => await listRecords(db, getTable(params.table), body),
  );

  app.post(
    '/api/v1/records/table/:table/names',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Tell what people call some records',
        params: tableParams,
        body: recordIdsPayloadSchema,
        response: { 200: recordNamesDtoSchema },
      },
    },
    async ({ params, body }) => ({
      id_to_name: await nameRecords(db, getTable(params.table), body.record_ids.map(String)),
    }),
  );

  app.get(
    '/api/v1/records/table/:table/id/:id',
    {
      onRequest,
      schema: { tags, summary: 'Read a record', params: recordParams, response: { 200: recordDtoSchema } },
    },
    async ({ params }) => {
      const table = getTable(params.table);
      return presentRecord(table.columns, await getRecord(db, table, params.id));
    },
  );

  app.post(
    '/api/v1/records/table/:table',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Make a record',
        params: tableParams,
        body: recordDtoSchema,
        response: { 200: recordDtoSchema },
      },
    },
    async (request) =>
      await createRecord(
        context,
        getTable(request.params.table),
        request.body.fields,
        await editorOf(request),
      ),
  );

  app.put(
    '/api/v1/records/table/:table/id/:id',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Change a record',
        params: recordParams,
        body: recordDtoSchema,
        response: nothing,
      },
    },
    async (request) => {
      const { table, id } = request.params;
      await updateRecord(context, getTable(table), id, request.body.fields, await editorOf(request));
      return null;
    },
  );

  app.delete(
    '/api/v1/records/table/:table/id/:id',
    { onRequest, schema: { tags, summary: 'Delete a record', params: recordParams, response: nothing } },
    async (request) => {
      const { table, id } = request.params;
      await deleteRecord(context, getTable(table), id, await editorOf(request));
      return null;
    },
  );

  app.delete(
    '/api/v1/records/table/:table/many',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Delete records one after another, up to the first that cannot be',
        params: tableParams,
        body: recordIdsPayloadSchema,
        response: nothing,
      },
    },
    async (request) => {
      const table = getTable(request.params.table);
      const editor = await editorOf(request);
      for (const id of request.body.record_ids.map(String)) await deleteRecord(context, table, id, editor);
      return null;
    },
  );
};

async function editorOf(request: FastifyRequest): Promise<RecordEditor> {
  return { subject: await authenticated(request), address: request.ip };
}
