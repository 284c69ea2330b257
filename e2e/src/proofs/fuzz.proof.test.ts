/** What no client should send, from a fuzzer that reads the OpenAPI document: ten minutes (or FUZZ_SECONDS) as everybody there is. */
import { describeFuzzing } from '../support/describe-fuzzing.ts';

describeFuzzing(Number(process.env['FUZZ_SECONDS'] ?? 600), (line) => console.log(line));
