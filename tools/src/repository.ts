import path from 'node:path';

/** The folder that holds everything. */
export const ROOT = path.resolve(import.meta.dirname, '../..');

/** Programs of installed packages. */
export const BIN = path.join(ROOT, 'node_modules/.bin');
