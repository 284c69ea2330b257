import { html, type Html } from './html.ts';
import { renderPage } from './page.ts';

/** A job as the page lists it. */
export interface DashboardJob {
  readonly name: string;
  readonly version: string;
  readonly status: string;
  /** Where pub serves it; `null` when it cannot be opened. */
  readonly url: string | null;
}

export interface HomePageFacts {
  readonly username: string;
  readonly jobs: readonly DashboardJob[];
  /** Where callers reach pub, with its `/pub`. */
  readonly externalPubUrl: string;
  readonly externalLifecycleUrl: string;
  /** Only when the user has asked for it. */
  readonly token: string | undefined;
}

/** What somebody who is signed in sees: jobs to open, and how to go on from the command line. */
export function renderHomePage(facts: HomePageFacts): string {
  const header = html`<form method="post" action="logout">
    <span class="soft">Signed in as <strong>${facts.username}</strong></span>
    <button class="plain">Sign out</button>
  </form>`;
  const content = html`<h1>Jobs</h1>
    <section aria-label="Jobs">
      ${facts.jobs.length === 0 ? html`<p>There are no jobs that you may read yet.</p>` : renderJobs(facts.jobs)}
      <p class="soft">
        Every job opens at its own address; <code>latest</code> is its highest stable version:
      </p>
      <pre>${facts.externalPubUrl}/job/NAME/latest</pre>
    </section>
    ${renderCommandLine(facts)}`;
  return renderPage('Racetrack', header, content);
}

function renderJobs(jobs: readonly DashboardJob[]): Html {
  const rows = jobs.map(
    ({ name, version, status, url }) =>
      html`<tr>
        <td>${isWebUrl(url) ? html`<a href="${url}">${name}</a>` : name}</td>
        <td>${version}</td>
        <td>${status}</td>
      </tr> `,
  );
  return html`<table>
    <thead>
      <tr>
        <th scope="col">Name</th>
        <th scope="col">Version</th>
        <th scope="col">Status</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}

function renderCommandLine({ username, externalLifecycleUrl, token }: HomePageFacts): Html {
  const remote = `racetrack set remote ${externalLifecycleUrl}`;
  const [login, note] =
    token === undefined
      ? [
          `racetrack login --username ${username}`,
          html`<form method="post" action="token">
            <button class="plain">Show the command with my token</button>
          </form>`,
        ]
      : [
          `racetrack login ${token}`,
          html`<p class="error">Whoever has this token can do what you can do. Keep it to yourself.</p>`,
        ];
  return html`<section aria-labelledby="command-line">
    <h2 id="command-line">Command line</h2>
    <p>Sign in on your machine:</p>
    <pre>
${remote}
${login}</pre>
    ${note}
  </section>`;
}

/** Nothing but web addresses becomes a link. */
function isWebUrl(url: string | null): url is string {
  return url !== null && /^https?:\/\//i.test(url);
}
