/** What the builder takes from its environment. */
export interface BuilderConfig {
  /** Search path of `git` and of the commands in build steps. */
  readonly path: string;
  /** Further variables for `git`: proxies and certificate authorities. */
  readonly gitEnv: Readonly<Record<string, string>>;
  /** Further variables for build steps: proxies, certificate authorities, package indexes. */
  readonly stepEnv: Readonly<Record<string, string>>;
  /** The part of `stepEnv` that decides which packages a step gets, for the cache keys. May hold credentials. */
  readonly indexSettings: Readonly<Record<string, string>>;
}

const NETWORK_VARIABLES = listWords(`
  http_proxy https_proxy no_proxy all_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY
  SSL_CERT_FILE SSL_CERT_DIR
`);

const GIT_VARIABLES = ['GIT_SSL_CAINFO', 'GIT_SSL_CAPATH'];

const STEP_VARIABLES = listWords(`
  REQUESTS_CA_BUNDLE CURL_CA_BUNDLE NODE_EXTRA_CA_CERTS PIP_CERT PIP_CLIENT_CERT PIP_PROXY
  PIP_DEFAULT_TIMEOUT PIP_RETRIES PIP_DISABLE_PIP_VERSION_CHECK NPM_CONFIG_CAFILE
  npm_config_cafile CARGO_HTTP_CAINFO CARGO_HTTP_PROXY CARGO_HTTP_TIMEOUT CARGO_NET_RETRY
  CARGO_NET_GIT_FETCH_WITH_CLI
`);

const INDEX_VARIABLES = listWords(`
  PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_TRUSTED_HOST PIP_NO_INDEX PIP_FIND_LINKS PIP_CONFIG_FILE
  PIP_CONSTRAINT PIP_PREFER_BINARY UV_INDEX_URL UV_EXTRA_INDEX_URL UV_DEFAULT_INDEX UV_INDEX
  UV_FIND_LINKS NPM_CONFIG_REGISTRY npm_config_registry NPM_CONFIG_USERCONFIG
  npm_config_userconfig GOPROXY GOPRIVATE GONOPROXY GOSUMDB GONOSUMDB GOINSECURE
`);

/** Names of variables of Cargo hold names of registries. Tokens stay here: code of authors runs in the same step. */
const CARGO_INDEX =
  /^CARGO_(?:REGISTRY_DEFAULT|REGISTRIES_\w+_(?:INDEX|PROTOCOL)|SOURCE_\w+_(?:REGISTRY|REPLACE_WITH))$/;

/**
 * Selects what git and build steps may see of the builder's own environment; everything else stays here.
 *
 * @param env - the process environment; `main.ts` passes it in.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): BuilderConfig {
  const network = pick(env, NETWORK_VARIABLES);
  const ofCargo = Object.keys(env).filter((name) => CARGO_INDEX.test(name));
  const indexSettings = pick(env, [...INDEX_VARIABLES, ...ofCargo]);
  return {
    path: env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    gitEnv: { ...network, ...pick(env, GIT_VARIABLES) },
    stepEnv: { ...network, ...pick(env, STEP_VARIABLES), ...indexSettings },
    indexSettings,
  };
}

function listWords(text: string): string[] {
  return text.trim().split(/\s+/);
}

function pick(
  env: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = env[name];
    if (value !== undefined && value !== '') picked[name] = value;
  }
  return picked;
}
