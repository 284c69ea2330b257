import {
  createdTokenDtoSchema,
  escAuthDataSchema,
  escDtoSchema,
  ownTokenDtoSchema,
  resetPasswordDtoSchema,
  rotatedEscDtoSchema,
  userDtoSchema,
  type ChangeUserPayload,
  type CreatedTokenDto,
  type CreateEscPayload,
  type CreateTokenPayload,
  type EscAuthData,
  type EscDto,
  type OwnTokenDto,
  type ResetPasswordDto,
  type RotatedEscDto,
  type UserDto,
} from '@racetrack-platform/contracts';
import { z } from 'zod';
import { encodePath } from './encode-path.ts';

interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Accounts, tokens and external services. Servers of the original offer only `*Esc*` without rotating and deleting. */
export interface AccountCalls {
  listUsers(options?: CallOptions): Promise<UserDto[]>;
  changeUser(username: string, change: ChangeUserPayload, options?: CallOptions): Promise<UserDto>;
  /** The new password is in the answer, and nowhere else. */
  resetPassword(username: string, options?: CallOptions): Promise<ResetPasswordDto>;
  /** Those of the account whose token this client has. */
  listTokens(options?: CallOptions): Promise<OwnTokenDto[]>;
  /** The text is in the answer, and nowhere else. */
  createToken(token: CreateTokenPayload, options?: CallOptions): Promise<CreatedTokenDto>;
  revokeToken(id: string, options?: CallOptions): Promise<void>;
  listEscs(options?: CallOptions): Promise<EscDto[]>;
  /** With the texts of its tokens. */
  getEsc(id: string, options?: CallOptions): Promise<EscAuthData>;
  createEsc(esc: CreateEscPayload, options?: CallOptions): Promise<EscDto>;
  /** @param graceSeconds - that the former tokens work on; left out: the server decides. */
  rotateEsc(id: string, graceSeconds: number | undefined, options?: CallOptions): Promise<RotatedEscDto>;
  deleteEsc(id: string, options?: CallOptions): Promise<void>;
}

interface AccountRequest {
  readonly path: string;
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly body?: string;
}

type Read = <T>(schema: z.ZodType<T>, request: AccountRequest, options?: CallOptions) => Promise<T>;

/** @param read - sends a request and checks the answer. */
export function createAccountCalls(read: Read): AccountCalls {
  const post = (path: string, body: object = {}): AccountRequest => ({
    path,
    method: 'POST',
    body: JSON.stringify(body),
  });
  const remove = async (path: string, options?: CallOptions): Promise<void> => {
    await read(z.null(), { path, method: 'DELETE' }, options);
  };
  return {
    listUsers: (options) => read(z.array(userDtoSchema), { path: '/users' }, options),
    changeUser: (username, change, options) =>
      read(
        userDtoSchema,
        { path: encodePath('users', username), method: 'PATCH', body: JSON.stringify(change) },
        options,
      ),
    resetPassword: (username, options) =>
      read(resetPasswordDtoSchema, post(encodePath('users', username, 'reset_password')), options),
    listTokens: (options) => read(z.array(ownTokenDtoSchema), { path: '/tokens' }, options),
    createToken: (token, options) => read(createdTokenDtoSchema, post('/tokens', token), options),
    revokeToken: (id, options) => remove(encodePath('tokens', id), options),
    listEscs: (options) => read(z.array(escDtoSchema), { path: '/escs' }, options),
    getEsc: (id, options) => read(escAuthDataSchema, { path: encodePath('escs', id, 'auth_data') }, options),
    createEsc: (esc, options) => read(escDtoSchema, post('/escs', esc), options),
    rotateEsc: (id, graceSeconds, options) => {
      const body = graceSeconds === undefined ? {} : { grace_seconds: graceSeconds };
      return read(rotatedEscDtoSchema, post(encodePath('escs', id, 'rotate'), body), options);
    },
    deleteEsc: (id, options) => remove(encodePath('escs', id), options),
  };
}
