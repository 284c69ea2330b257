/** A role that cannot run. Unless another start may help, the whole platform stops with it. */
export class RoleFailure extends Error {
  override readonly name = 'RoleFailure';
  readonly hint: string | undefined;
  readonly exitCode: number;
  /** Whether another start may succeed without anybody's help. */
  readonly isRetryable: boolean;

  /**
   * @param message - what happened to which role.
   * @param options - what to do about it, the exit code of the launcher, and whether to try again.
   */
  constructor(
    message: string,
    options: {
      readonly hint?: string | undefined;
      readonly exitCode: number;
      readonly isRetryable?: boolean;
    },
  ) {
    super(message);
    this.hint = options.hint;
    this.exitCode = options.exitCode;
    this.isRetryable = options.isRetryable ?? false;
  }
}
