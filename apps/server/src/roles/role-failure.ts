/** A role that cannot run, for a reason that a restart does not remove: the whole platform stops with it. */
export class RoleFailure extends Error {
  override readonly name = 'RoleFailure';
  readonly hint: string | undefined;
  readonly exitCode: number;

  /**
   * @param message - what happened to which role.
   * @param options - what to do about it, and the exit code of the launcher.
   */
  constructor(message: string, options: { readonly hint?: string | undefined; readonly exitCode: number }) {
    super(message);
    this.hint = options.hint;
    this.exitCode = options.exitCode;
  }
}
