export { ERROR_CODES, EXIT_CODES, type ErrorCode, type ErrorTraits } from './error-codes.ts';
export { messageOf, PlatformError, toPlatformError, type PlatformErrorOptions } from './platform-error.ts';
export { scrub } from './scrub.ts';
export { isErrorCode, presentError, type WireError } from './wire-error.ts';
