import { expect } from 'vitest';
import type { WrapperAnswer } from './wrapper-client.ts';

/** Status and body of an answer, to be compared with the shapes of this file. */
export interface PresentedAnswer {
  readonly status: number;
  /** Parsed when it is JSON by its type, else the text. */
  readonly body: unknown;
}

export function present(answer: WrapperAnswer): PresentedAnswer {
  const isJson = /^application\/json\b/.test(answer.headers['content-type'] ?? '');
  return { status: answer.status, body: isJson ? answer.json() : answer.text };
}

/** The shape that all errors have: JSON with a sentence as `error`. */
export function anError(status: number, members: Readonly<Record<string, unknown>> = {}): PresentedAnswer {
  return { status, body: expect.objectContaining({ error: aSentence(), ...members }) };
}

/** An error of the HTTP kind: it has `detail` as well. */
export function aRefusal(status: number, members: Readonly<Record<string, unknown>> = {}): PresentedAnswer {
  return anError(status, { detail: expect.anything(), ...members });
}

/** An error of the job's code: it has the class of the error as `type`. */
export function aFailure(status: number, members: Readonly<Record<string, unknown>> = {}): PresentedAnswer {
  return anError(status, { type: aSentence(), ...members });
}

function aSentence(): unknown {
  return expect.stringMatching(/\S/);
}
