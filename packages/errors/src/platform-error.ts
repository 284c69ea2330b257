import { ERROR_CODES, type ErrorCode } from './error-codes.ts';
import { scrub } from './scrub.ts';

export interface PlatformErrorOptions extends ErrorOptions {
  /** What the reader can do next, in one imperative sentence. */
  readonly hint?: string | undefined;
}

const brand = Symbol.for('racetrack.platform-error');

/** An expected failure with a stable code. Bugs stay plain `Error`s. */
export class PlatformError extends Error {
  override readonly name = 'PlatformError';
  readonly [brand] = true;
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  /**
   * @param code - one of {@link ERROR_CODES}.
   * @param message - what happened to which thing; credentials in it are scrubbed.
   * @param options - the hint for the reader, and the cause.
   */
  constructor(code: ErrorCode, message: string, options: PlatformErrorOptions = {}) {
    super(scrub(message), options);
    this.code = code;
    this.hint = options.hint === undefined ? undefined : scrub(options.hint);
  }

  /** Recognises errors from a plugin that carries its own copy of this module. */
  static is(value: unknown): value is PlatformError {
    return typeof value === 'object' && value !== null && brand in value;
  }
}

/**
 * Turns anything thrown into a {@link PlatformError}: expected failures pass, bugs become `INTERNAL`.
 *
 * @param thrown - what was caught.
 * @param context - put in front of the message as `context: `, when given.
 */
export function toPlatformError(thrown: unknown, context?: string): PlatformError {
  const code = PlatformError.is(thrown) && thrown.code in ERROR_CODES ? thrown.code : 'INTERNAL';
  const hint = PlatformError.is(thrown) ? thrown.hint : undefined;
  const text = messageOf(thrown);
  return new PlatformError(code, context === undefined ? text : `${context}: ${text}`, {
    cause: thrown,
    hint,
  });
}

/** The text of anything thrown, for people. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message === '' ? thrown.name : thrown.message;
  return String(thrown);
}
