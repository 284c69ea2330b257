import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRepository, pythonManifest } from './support/job-repository.ts';
import { ADMIN_PASSWORD, Platform } from './support/platform.ts';

const CHROMIUM = '/usr/bin/chromium';
const hasChromium = await access(CHROMIUM).then(
  () => true,
  () => false,
);
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** Set to a folder to keep pictures of what the browser saw. */
const SCREENSHOTS = process.env['RACETRACK_SCREENSHOTS'];

describe.skipIf(!hasChromium)(`in a browser (needs ${CHROMIUM})`, () => {
  let platform: Platform;
  let browser: Browser;
  let page: Page;

  async function see(name: string): Promise<void> {
    if (SCREENSHOTS === undefined) return;
    await mkdir(SCREENSHOTS, { recursive: true });
    await writeFile(join(SCREENSHOTS, `${name}.png`), await page.screenshot({ fullPage: true }));
  }

  beforeAll(async () => {
    platform = await Platform.start();
    await platform.login();
    const directory = join(platform.directory, 'adder');
    await createRepository(directory, {
      'job.py':
        'class Adder:\n    def perform(self, numbers):\n        """Adds numbers."""\n        return sum(numbers)\n\n    def docs_input_example(self):\n        return {"numbers": [40, 2]}\n',
      'job.yaml': pythonManifest({ name: 'adder', version: '1.0.0', remote: directory }),
    });
    const deployed = await platform.cli(['deploy', directory, '--build-context', 'git']);
    expect(deployed).toMatchObject({ code: 0 });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    page = await browser.newPage();
  });

  afterAll(async () => {
    await browser?.close();
    await platform[Symbol.asyncDispose]();
  });

  test('a wrong password is refused with words', async () => {
    await page.goto(platform.endpoints.dashboard);
    await see('sign-in');
    // The page's own style is applied: its security policy lets it through.
    expect(await page.evaluate('getComputedStyle(document.querySelector("button")).fontWeight')).toBe('600');
    await page.getByLabel(/user/i).fill('admin');
    await page.getByLabel(/password/i).fill('wrong');
    await page.getByRole('button', { name: /sign in/i }).click();

    await page.getByText('incorrect username or password').waitFor();
    await see('sign-in-refused');
  });

  test('signing in opens the Swagger page of a job, which calls the job', async () => {
    await page.goto(platform.endpoints.dashboard);
    await page.getByLabel(/user/i).fill('admin');
    await page.getByLabel(/password/i).fill(ADMIN_PASSWORD);
    await page.getByRole('button', { name: /sign in/i }).click();
    await see('home');
    await page.getByRole('link', { name: /adder/ }).first().click();

    const operation = page.locator('.opblock', { hasText: '/api/v1/perform' }).first();
    await operation.waitFor();
    await operation.click();
    await page.getByRole('button', { name: 'Try it out' }).click();
    await page.getByRole('button', { name: 'Execute' }).click();
    await page.locator('.live-responses-table .response', { hasText: '42' }).first().waitFor();
    await see('swagger');
    expect(page.url()).toContain('/pub/job/adder/');
  });

  test('the API page of lifecycle lists its operations', async () => {
    await page.goto(`${platform.endpoints.lifecycle}/lifecycle/`);
    const deploy = page.locator('.opblock', { hasText: '/api/v1/deploy' }).first();
    await deploy.waitFor();
    await see('api');
    expect(await deploy.isVisible()).toBe(true);
  });
});
