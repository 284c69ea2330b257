import { messageOf, PlatformError } from '@racetrack-platform/errors';

interface Explanation {
  readonly text: string;
  readonly hint: string;
}

const CHECK_ADDRESS = 'Check the address: racetrack get remote, or give --remote.';

/** System error codes of `fetch` causes (`error.cause.code`), in words. */
const EXPLANATIONS: Record<string, Explanation> = {
  ECONNREFUSED: {
    text: 'connection refused',
    hint: 'Start the server (npm start), or check the address: racetrack get remote.',
  },
  ENOTFOUND: { text: 'no such host', hint: CHECK_ADDRESS },
  EAI_AGAIN: { text: 'the host name could not be looked up', hint: 'Check the network and the address.' },
  ECONNRESET: { text: 'the connection was cut off', hint: 'Try again; see the log of the server.' },
  UND_ERR_SOCKET: { text: 'the connection was cut off', hint: 'Try again; see the log of the server.' },
  EHOSTUNREACH: { text: 'the host cannot be reached', hint: CHECK_ADDRESS },
  ENETUNREACH: { text: 'the network cannot be reached', hint: 'Check the network.' },
  ETIMEDOUT: { text: 'no connection in time', hint: CHECK_ADDRESS },
  UND_ERR_CONNECT_TIMEOUT: { text: 'no connection in time', hint: CHECK_ADDRESS },
  UND_ERR_HEADERS_TIMEOUT: { text: 'no answer in time', hint: 'Try again; see the log of the server.' },
  UND_ERR_BODY_TIMEOUT: {
    text: 'the answer stopped half-way',
    hint: 'Try again; see the log of the server.',
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    text: "the server's certificate is for another host name",
    hint: 'Use the host name that the certificate was issued for.',
  },
  CERT_HAS_EXPIRED: {
    text: "the server's certificate has expired",
    hint: 'Ask the administrator to renew it.',
  },
};

/** Codes of certificates whose issuer is not trusted (OpenSSL verification errors, as Node names them). */
const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/**
 * Turns what `fetch` threw into an expected failure in words.
 *
 * @param request - method and URL, such as `GET https://host/path`.
 * @param thrown - what was caught.
 */
export function describeNetworkFailure(request: string, thrown: unknown): PlatformError {
  const cause = innermostCause(thrown);
  const { text, hint } = explain(codeOf(cause), messageOf(cause));
  return new PlatformError('SERVER_UNREACHABLE', `Request ${request} failed: ${text}`, {
    cause: thrown,
    hint,
  });
}

function explain(code: string | undefined, message: string): Explanation {
  if (code !== undefined && UNTRUSTED.has(code)) {
    return {
      text: "the server's certificate is not signed by a trusted authority",
      hint: 'If you trust it, set NODE_EXTRA_CA_CERTS=/path/to/authority.pem.',
    };
  }
  const known = code === undefined ? undefined : EXPLANATIONS[code];
  if (known !== undefined) return known;
  const wrongProtocol = code?.startsWith('ERR_SSL_') === true || code === 'EPROTO';
  if (wrongProtocol) return { text: 'the server does not speak TLS', hint: 'Try http:// in the address.' };
  return { text: message === '' ? (code ?? 'unknown reason') : message, hint: CHECK_ADDRESS };
}

function innermostCause(thrown: unknown): unknown {
  let current = thrown;
  for (let depth = 0; depth < 10; depth += 1) {
    if (current instanceof AggregateError && current.errors.length > 0) current = current.errors[0];
    else if (current instanceof Error && current.cause !== undefined) current = current.cause;
    else return current;
  }
  return current;
}

function codeOf(thrown: unknown): string | undefined {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
