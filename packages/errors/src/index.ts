export { ERROR_CODES, type ErrorCode, type ErrorTraits } from './error-codes.ts';
export { EXIT_CODES } from './exit-codes.ts';
export { messageOf, PlatformError, toPlatformError, type PlatformErrorOptions } from './platform-error.ts';
export { scrub } from './scrub.ts';
export { suggestWord } from './suggest-word.ts';
export { isErrorCode, presentError, type WireError } from './wire-error.ts';
export { DISK_FULL_HINT, explainDiskFull, tellsDiskFull } from './disk-full.ts';
