import { accessSync, constants } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type FakeEngine, startFakeEngine } from '../support/fake-engine.js';
import { eventually } from '../support/eventually.js';
import { ADMIN_TOKEN, Product } from '../support/product.js';
import { describeWith } from '../support/requires.js';
import { endpointsOf, Wire } from '../support/wire.js';

jest.setTimeout(120_000);

const CHROMIUM = '/usr/bin/chromium';
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

function missing(): string | null {
  try {
    accessSync(CHROMIUM, constants.X_OK);
    return null;
  } catch {
    return `it needs ${CHROMIUM}: apt-get install chromium`;
  }
}

/** A newcomer's first look, in a real browser. SCREENSHOT=docs/images/swagger-ui.png keeps what it shows. */
describeWith('Swagger UI in a browser', missing(), () => {
  let engine: FakeEngine;
  let product: Product;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  const requested: string[] = [];

  beforeAll(async () => {
    engine = await startFakeEngine({ nodes: 3, services: 4, tasks: 12 });
    product = await Product.start({ env: { DOCKER_HOST: engine.dockerHost } });
    await eventually(async () =>
      expect(await product.json('/api/v1/status/swarm')).toMatchObject({ data: { total_nodes: 3 } }),
    );
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
    page = await browser.newPage({ viewport: { width: 1440, height: 890 }, deviceScaleFactor: 1280 / 1440 });
    page.setDefaultTimeout(40_000);
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('requestfailed', (request) => complaints.push(`${request.url()} ${request.failure()?.errorText}`));
    page.on('request', (request) => requested.push(request.url()));
    await page.goto(`${product.url}/docs`);
    await page.waitForSelector('.opblock');
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await product?.stop();
    await engine?.close();
  });
  /** Nothing on the console, and nothing asked of anybody else. */
  afterEach(() => {
    expect(complaints).toEqual([]);
    const elsewhere = requested.filter((url) => !url.startsWith(`${product.url}/`) && !url.startsWith('data:'));
    expect(elsewhere).toEqual([]);
  });

  it('lists every endpoint under its heading', async () => {
    const { document } = await Wire.of(product);
    const listed = await page.$$eval('.opblock', (blocks) =>
      blocks.map((block) => {
        const text = (selector: string) => block.querySelector(selector)?.textContent?.replace(/\u200b/g, '') ?? '';
        return `${text('.opblock-summary-method')} ${text('.opblock-summary-path')}`;
      }),
    );
    expect(listed.sort()).toEqual(
      endpointsOf(document)
        .map(({ method, template }) => `${method} ${template}`)
        .sort(),
    );
    expect(await page.title()).toBe('Swarmward API');
  });

  it('lets a person log in with a token and try an endpoint', async () => {
    await page.click('button.authorize');
    await page.fill('.auth-container input', ADMIN_TOKEN);
    await page.click('.auth-btn-wrapper button.authorize');
    await page.click('.auth-btn-wrapper button.btn-done');
    const block = page.locator('#operations-Swarm-get_status_swarm');
    await block.locator('.opblock-summary-control').click();
    await block.getByRole('button', { name: 'Try it out' }).click();
    await block.getByRole('button', { name: 'Execute' }).click();
    const answer = block.locator('.live-responses-table .response');
    expect((await answer.locator('.response-col_status').innerText()).trim()).toMatch(/^200/);
    const body = await answer.locator('.highlight-code').first().innerText();
    expect(body).toContain('"swarm_active": true');
    expect(body).toContain('"total_nodes": 3');
  }, 90_000);

  it('shows a picture worth keeping', async () => {
    const path = process.env['SCREENSHOT'];
    await page.locator('#operations-Swarm-get_status_swarm .opblock-summary-control').click();
    await page.locator('#operations-Swarm-get_status_swarm .opblock-body').waitFor({ state: 'detached' });
    await page.evaluate('document.activeElement.blur(); window.scrollTo(0, 0)');
    await page.mouse.move(0, 0);
    const image = await page.screenshot({ ...(path && { path }) });
    expect(image.length).toBeGreaterThan(10_000);
  });
});
