import { ADMIN_PASSWORD, type Platform } from './start-platform.ts';

/** Signs in as the first administrator. @returns the token. */
export async function logIn({ endpoints }: Platform): Promise<string> {
  const response = await fetch(`${endpoints.lifecycle}/lifecycle/api/v1/users/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password: ADMIN_PASSWORD }),
  });
  if (!response.ok) throw new Error(`the login was answered with ${response.status}`);
  return ((await response.json()) as { token: string }).token;
}
