import { z } from 'zod';

/** A table as the generic table editor shows it. */
export const recordTableDtoSchema = z.object({
  class_name: z.string(),
  table_name: z.string(),
  plural_name: z.string(),
  primary_key_column: z.string(),
  main_columns: z.array(z.string()),
  all_columns: z.array(z.string()),
  column_types: z.record(z.string(), z.string()),
  foreign_keys: z.record(z.string(), z.string()),
});
export type RecordTableDto = z.infer<typeof recordTableDtoSchema>;

const valueSchema = z.union([z.string(), z.number(), z.boolean(), z.null()]);
export type RecordValue = z.infer<typeof valueSchema>;

const fieldsSchema = z.record(z.string(), valueSchema);

/** The values of one record, by column. */
export const recordDtoSchema = z.object({ fields: fieldsSchema });
export type RecordDto = z.infer<typeof recordDtoSchema>;

export const countRecordsPayloadSchema = z.object({ filters: fieldsSchema.nullish() });

export const listRecordsPayloadSchema = countRecordsPayloadSchema.extend({
  offset: z.int().min(0).nullish(),
  /** 0 or left out: as many as are given at a time. */
  limit: z.int().min(0).nullish(),
  /** Names of columns; a dash in front: descending. */
  order_by: z.array(z.string()).max(50).nullish(),
  columns: z.array(z.string()).max(100).nullish(),
});
export type ListRecordsPayload = z.infer<typeof listRecordsPayloadSchema>;

export const recordsPageDtoSchema = z.object({
  columns: z.array(z.string()),
  primary_key_column: z.string(),
  records: z.array(recordDtoSchema),
});
export type RecordsPageDto = z.infer<typeof recordsPageDtoSchema>;

/** Several records by their keys, at most as many as are listed at a time. */
export const recordIdsPayloadSchema = z.object({
  record_ids: z.array(z.union([z.string(), z.number()])).max(10_000),
});

export const recordNamesDtoSchema = z.object({ id_to_name: z.record(z.string(), z.string()) });
export type RecordNamesDto = z.infer<typeof recordNamesDtoSchema>;
