import path from 'node:path';

/** The folder that holds everything. */
export const ROOT = path.resolve(import.meta.dirname, '../..');
