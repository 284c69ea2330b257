import { html } from './html.ts';
import { renderPage } from './page.ts';

/**
 * The form for name and password.
 *
 * @param failure - why the last attempt was refused.
 */
export function renderSignInPage(failure?: {
  message: string;
  hint: string | undefined;
  username: string;
}): string {
  const content = html`<section class="narrow" aria-labelledby="title">
    <h1 id="title">Sign in</h1>
    ${failure ? html`<p class="error" role="alert">${failure.message}. ${failure.hint ?? ''}</p>` : ''}
    <form method="post" action="login">
      <label for="username">User name</label>
      <input
        id="username"
        name="username"
        autocomplete="username"
        autocapitalize="none"
        required
        autofocus
        value="${failure?.username ?? ''}"
      />
      <label for="password">Password</label>
      <input id="password" name="password" type="password" autocomplete="current-password" required />
      <button>Sign in</button>
    </form>
  </section>`;
  return renderPage('Sign in · Racetrack', html``, content);
}
