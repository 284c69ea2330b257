/** A step of the demo that did not work; the reader has seen why, or the message says it. */
export class DemoFailure extends Error {
  override readonly name = 'DemoFailure';
}
