/** Who sends an answer in pieces. */
export interface Sender {
  /** Pieces that had to wait have left. */
  onDrain(): void;
  /** Nobody takes the rest: the caller has gone. */
  onGone(): void;
}

/** Where the answer to one request goes, whichever lane the request came by. */
export interface Reply {
  /** Whether the answer's body is not wanted: the request is HEAD. */
  readonly isHeadOnly: boolean;
  /**
   * Sends a complete answer; HEAD gets its head alone.
   *
   * @param mediaType - empty: none.
   * @param more - names and values of further headers, in turn.
   */
  answer(status: number, mediaType: string, body: string | Uint8Array, ...more: string[]): void;
  /**
   * Begins an answer that comes in pieces.
   *
   * @param length - bytes, where that is known.
   */
  begin(mediaType: string, length: number | undefined, sender: Sender): void;
  /** Sends a piece; `false` when it has to wait for the caller. */
  write(chunk: string | Uint8Array): boolean;
  /** Ends an answer that came in pieces. */
  end(): void;
  /** Cuts the connection once all that was written has left: what broke off must not look complete. */
  cut(): void;
  /** Cuts the connection at once. */
  destroy(): void;
}
