/** What no client should send, sent by a fuzzer that reads the OpenAPI document: ten minutes each as nobody, user, service, administrator. */
import { describeFuzzing } from '../support/describe-fuzzing.ts';

describeFuzzing(600);
