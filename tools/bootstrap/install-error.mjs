// @ts-check

/** An installation that cannot go on, with what the reader can do about it. */
export class InstallError extends Error {
  /**
   * @param {string} message - what happened to which thing.
   * @param {readonly string[]} hints - one instruction per line.
   */
  constructor(message, hints) {
    super(message);
    this.name = 'InstallError';
    /** @type {readonly string[]} */
    this.hints = hints;
  }
}
