// Everything that a test of the pages needs: pages, chain, registrars and relays over loopback, and a
// browser.

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, devices, type Page } from 'playwright-core';
import { build } from 'vite';

import { FakeChain, FakeNode } from './fakes/chain';
import { type Schedule, VOTING } from './fakes/election';
import { ELECTION } from './fakes/observed-election';
import { CODE, FakeRegistrar, VOTER } from './fakes/registrar';
import { FakeRelay } from './fakes/relay';
import { Site } from './fakes/site';

const web = fileURLToPath(new URL('../..', import.meta.url));
const output = join(web, 'output');

/** Debian's Chromium, or another that the environment names. */
const CHROMIUM = process.env['PSEPHOS_CHROMIUM'] ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** How it is started. */
export const LAUNCH = { executablePath: CHROMIUM, args: FLAGS };

/**
 * What stands in for what: everything that is compiled from Rust, or the observers' light client, which would
 * need a network.
 */
export type StandIn = 'booth' | 'light-client' | 'nothing';

/** The module that each stands in for. */
const REPLACED: Record<StandIn, RegExp> = {
  booth: /^\..*\/ballot\/worker-booth$/,
  'light-client': /^\..*\/source\/light-client$/,
  nothing: /(?!)/,
};

const built: Partial<Record<StandIn, Promise<string>>> = {};

/** The pages with a stand-in, built once. */
export function pages(standIn: StandIn = 'booth'): Promise<string> {
  built[standIn] ??= (async () => {
    const outDir = join(output, standIn);
    const fake = join(web, `tests/pages/fakes/${standIn}.ts`);
    await build({
      root: web,
      configFile: join(web, 'vite.config.ts'),
      logLevel: 'warn',
      build: { outDir },
      plugins: [
        {
          name: 'stand-in',
          enforce: 'pre',
          resolveId: (source) => (REPLACED[standIn].test(source) ? fake : null),
        },
      ],
    });
    return outDir;
  })();
  return built[standIn];
}

/** A browser; whoever opens it closes it. */
export async function browser(): Promise<Browser> {
  if (!existsSync(CHROMIUM)) {
    throw new Error(`there is no ${CHROMIUM}; install the package chromium, or name another in PSEPHOS_CHROMIUM`);
  }
  return chromium.launch(LAUNCH);
}

/** The sizes that everything is looked at in. */
export const SIZES = {
  desktop: { viewport: { width: 1280, height: 900 } },
  telephone: { ...devices['Pixel 5'], viewport: { width: 360, height: 740 } },
} as const;

export interface Options {
  schedule?: Partial<Schedule>;
  relays?: number;
  nodes?: number;
  standIn?: StandIn;
}

/** A running election behind pages. */
export class Stage {
  readonly chain: FakeChain;
  readonly nodes: FakeNode[];
  readonly registrars: FakeRegistrar[];
  readonly relays: FakeRelay[];
  readonly site: Site;
  readonly contexts: BrowserContext[] = [];
  /** What the pages logged or did wrong. */
  readonly complaints: string[] = [];
  /** Every host that a page talked to. */
  readonly hosts = new Set<string>();

  private constructor(
    folder: string,
    private readonly browser: Browser,
    options: Options,
  ) {
    this.chain = new FakeChain({ ...VOTING, ...options.schedule });
    this.nodes = Array.from({ length: options.nodes ?? 3 }, () => new FakeNode(this.chain));
    this.registrars = this.chain.election.registrars.map((_, index) => new FakeRegistrar(this.chain, index));
    this.relays = Array.from({ length: options.relays ?? 3 }, () => new FakeRelay());
    this.site = new Site(folder);
  }

  static async open(browser: Browser, options: Options = {}): Promise<Stage> {
    const stage = new Stage(await pages(options.standIn), browser, options);
    const servers = [...stage.registrars, ...stage.relays].map((service) => service.server.start());
    await Promise.all([...stage.nodes.map((node) => node.start()), ...servers, stage.site.server.start()]);
    stage.site.configuration = {
      election: ELECTION,
      genesis: stage.chain.genesis,
      nodes: stage.nodes.map((node) => node.url),
      registrars: stage.registrars.map((registrar) => ({ index: registrar.index, url: registrar.server.url })),
      relays: stage.relays.map((relay, index) => ({
        url: relay.server.url,
        public_key: `0x${(index + 1).toString(16).padStart(2, '0').repeat(32)}`,
      })),
      hops: Math.min(2, stage.relays.length),
      checker: './check.html',
    };
    return stage;
  }

  async close(): Promise<void> {
    await Promise.all(this.contexts.map((context) => context.close()));
    this.chain.close();
    await Promise.all([
      this.site.server.stop(),
      ...this.nodes.map((node) => node.stop()),
      ...[...this.registrars, ...this.relays].map((service) => service.server.stop()),
    ]);
  }

  /** A new browser profile. */
  async context(size: keyof typeof SIZES = 'desktop', locale = 'en-GB'): Promise<BrowserContext> {
    const context = await this.browser.newContext({ ...SIZES[size], locale, acceptDownloads: true });
    this.contexts.push(context);
    context.on('page', (page) => this.listen(page));
    return context;
  }

  private listen(page: Page): void {
    page.on('console', (message) => {
      // A service that is down is part of some tests, and the browser reports it by itself.
      if (message.type() === 'error' && !/Failed to load resource|WebSocket connection to|net::ERR_/.test(message.text())) {
        this.complaints.push(message.text());
      }
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('request', (request) => this.hosts.add(new URL(request.url()).host));
  }

  async visit(size: keyof typeof SIZES = 'desktop', path = '/', locale = 'en-GB'): Promise<Page> {
    const page = await (await this.context(size, locale)).newPage();
    await page.goto(`${this.site.server.url}${path}`);
    return page;
  }

  /** Brings what the voter cast on its way, as a relay would: the test reads it from the browser. */
  async deliver(page: Page): Promise<void> {
    const extrinsic = await page.evaluate(
      () =>
        new Promise<string>((resolve, reject) => {
          const request = indexedDB.open('psephos-delivery');
          request.onerror = () => reject(new Error('there is no delivery'));
          request.onsuccess = () => {
            const get = request.result.transaction('values').objectStore('values').get('delivery');
            get.onsuccess = () => {
              request.result.close();
              resolve((get.result as { extrinsic: string }).extrinsic);
            };
          };
        }),
    );
    this.chain.submit(Buffer.from(extrinsic.slice(2), 'hex'));
  }
}

/** Much longer than any screen takes, also where the machine does other work for a while. */
const PATIENCE_MS = 60_000;

/** Waits for a screen; a failure says what was there instead. */
export async function screen(page: Page, title: string): Promise<void> {
  try {
    await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor({ timeout: PATIENCE_MS });
  } catch (error) {
    const shown = await page.locator('body').innerText({ timeout: 5_000 });
    throw new Error(`instead of "${title}", ${page.url()} shows: ${shown}`, { cause: error });
  }
}

/** From the overview to the ballot. */
export async function toBallot(page: Page, registrars = 1): Promise<void> {
  await page.getByRole('button', { name: 'Vote now' }).click();
  for (let at = 0; at < registrars; at += 1) {
    await signIn(page);
    await enterCode(page, CODE);
  }
  await screen(page, 'Your ballot');
}

export async function signIn(page: Page): Promise<void> {
  await screen(page, 'Sign in');
  await page.getByLabel('Identity number').fill(VOTER.identity);
  await page.getByLabel('Date of birth').fill(VOTER.birthDate);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

export async function enterCode(page: Page, code: string): Promise<void> {
  await screen(page, 'One-time code');
  await page.getByRole('button', { name: 'Send me the code' }).click();
  await page.getByLabel('Code from the message').fill(code);
  await page.getByRole('button', { name: 'Open the ballot' }).click();
}

/** Fills the ballot in. */
export async function fillIn(page: Page): Promise<void> {
  await page.getByRole('radio', { name: '李雪梅' }).check();
  await page.getByRole('checkbox', { name: 'Chiara' }).check();
  await page.getByRole('checkbox', { name: 'Emre' }).check();
  await page.getByRole('radio', { name: 'No · Нет' }).check();
}

/** From the filled ballot to the encrypted one. */
export async function toSealed(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Review' }).click();
  await screen(page, 'Is this what you want?');
  await page.getByRole('button', { name: 'Encrypt my ballot' }).click();
  await screen(page, 'Check it or cast it');
}

/** Keeps a picture of a screen. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = join(output, 'screens');
  await mkdir(folder, { recursive: true });
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

export { CODE, VOTER };
