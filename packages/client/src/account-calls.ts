import {
  createdTokenDtoSchema,
  escAuthDataSchema,
  escDtoSchema,
  keyDtoSchema,
  orphanListDtoSchema,
  ownTokenDtoSchema,
  resetPasswordDtoSchema,
  rotatedEscDtoSchema,
  rotatedKeyDtoSchema,
  userDtoSchema,
  type ChangePasswordPayload,
  type ChangeUserPayload,
  type CreatedTokenDto,
  type CreateEscPayload,
  type CreateTokenPayload,
  type EscAuthData,
  type EscDto,
  type KeyDto,
  type LoginPayload,
  type OrphanListDto,
  type OwnTokenDto,
  type ResetPasswordDto,
  type RotatedEscDto,
  type RotatedKeyDto,
  type UserDto,
} from '@racetrack-platform/contracts';
import { z } from 'zod';
import { jobAnswerSchema, type JobAnswer } from './answer-schemas.ts';
import { encodePath } from './encode-path.ts';

interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Accounts, tokens, external services and the server's keys. Servers of the original offer only `*Esc*` without rotating and deleting. */
export interface AccountCalls {
  /** Asks for an account; sends no token. */
  register(account: LoginPayload, options?: CallOptions): Promise<void>;
  /** Of the account whose token this client has. */
  changePassword(change: ChangePasswordPayload, options?: CallOptions): Promise<void>;
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
  /** Instances that no job owns. */
  listOrphans(options?: CallOptions): Promise<OrphanListDto>;
  /** Makes one a job again. */
  adoptOrphan(instance: string, options?: CallOptions): Promise<JobAnswer>;
  removeOrphan(instance: string, options?: CallOptions): Promise<void>;
  /** By fingerprint; for staff. */
  listKeys(options?: CallOptions): Promise<KeyDto[]>;
  /** @param fingerprint - of the key that is to go: sent again, nothing happens a second time. */
  rotateKey(name: KeyDto['name'], fingerprint: string, options?: CallOptions): Promise<RotatedKeyDto>;
}

interface AccountRequest {
  readonly path: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: string;
  readonly withToken?: boolean;
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
    async register(account, options) {
      await read(z.unknown(), { ...post('/users/register', account), withToken: false }, options);
    },
    async changePassword(change, options) {
      const body = JSON.stringify(change);
      await read(z.unknown(), { path: '/users/change_password', method: 'PUT', body }, options);
    },
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
    listOrphans: (options) => read(orphanListDtoSchema, { path: '/orphans' }, options),
    adoptOrphan: (instance, options) =>
      read(jobAnswerSchema, post(encodePath('orphans', instance, 'adopt')), options),
    removeOrphan: (instance, options) => remove(encodePath('orphans', instance), options),
    listKeys: (options) => read(z.array(keyDtoSchema), { path: '/keys' }, options),
    rotateKey: (name, fingerprint, options) =>
      read(rotatedKeyDtoSchema, post(encodePath('keys', name, 'rotate'), { fingerprint }), options),
  };
}
