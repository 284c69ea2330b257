/** What no client should send, sent by a fuzzer that reads the OpenAPI document: ten minutes as each kind of subject. */
import { describeFuzzing } from '../support/describe-fuzzing.ts';

describeFuzzing(600);
