import { registerHooks } from 'node:module';
import { describeFailure, logFailure } from './present-error.ts';

const HELPER_NAME = 'racetrack-job';
const HELPER_URL = new URL('../helper/index.ts', import.meta.url).href;

/** `process.exit` inside a call is an error of that call, and ends nothing. */
export function forbidExit(): void {
  const refuse = (code: number | string = ''): never => {
    throw new Error(`the job has called process.exit(${code}), which does not end a job`);
  };
  Reflect.set(process, 'exit', refuse);
  Reflect.set(process, 'reallyExit', refuse);
}

/** Errors that nobody waits for are told, and the job goes on: other calls are in the same thread. */
export function surviveErrors(): void {
  const tell = (error: unknown): void => logFailure({ ...describeFailure(error), status: 500 }, error);
  process.on('uncaughtException', tell);
  process.on('unhandledRejection', tell);
}

/** Makes the helper library importable wherever the job's code is. */
export function offerHelper(): void {
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === HELPER_NAME ? { url: HELPER_URL, shortCircuit: true } : next(specifier, context),
  });
}
