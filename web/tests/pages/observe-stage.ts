// The observers' page over an observed chain, in a browser.

import type { Browser, BrowserContext, Page } from 'playwright-core';

import { ObservedChain } from './fakes/observed-chain';
import { ELECTION, ObservedElection } from './fakes/observed-election';
import { ObservedNode } from './fakes/observed-node';
import type { Schedule } from './fakes/election';
import { Site } from './fakes/site';
import { pages, SIZES } from './stage';

/** A chain with an election, nodes of it, and the pages. */
export class ObserveStage {
  readonly complaints: string[] = [];
  readonly hosts = new Set<string>();
  private readonly contexts: BrowserContext[] = [];

  private constructor(
    private readonly browser: Browser,
    readonly chain: ObservedChain,
    readonly held: ObservedElection,
    readonly nodes: readonly ObservedNode[],
    /** What the light client's stand-in talks to. */
    readonly network: ObservedNode,
    readonly site: Site,
  ) {}

  static async open(browser: Browser, schedule: Partial<Schedule> = {}, nodes = 2): Promise<ObserveStage> {
    const chain = new ObservedChain(3);
    const held = new ObservedElection(chain, schedule);
    chain.seal();
    const all = Array.from({ length: nodes + 1 }, () => new ObservedNode(chain));
    const site = new Site(await pages('light-client'));
    await Promise.all([...all.map((node) => node.start()), site.server.start()]);
    const [network, ...others] = all;
    if (network === undefined) {
      throw new Error('there is no network');
    }
    site.configuration = {
      election: ELECTION,
      genesis: chain.genesis,
      nodes: others.map(({ url }) => url),
      registrars: [],
      relays: [],
      hops: 0,
      chain_spec: './chain-spec.json',
    };
    site.files.set('/chain-spec.json', JSON.stringify({ url: network.url }));
    site.peers = [network.url];
    return new ObserveStage(browser, chain, held, others, network, site);
  }

  async close(): Promise<void> {
    await Promise.all(this.contexts.map((context) => context.close()));
    await Promise.all([this.site.server.stop(), this.network.stop(), ...this.nodes.map((node) => node.stop())]);
  }

  async visit(size: keyof typeof SIZES = 'desktop', query = '', locale = 'en-GB'): Promise<Page> {
    const context = await this.browser.newContext({ ...SIZES[size], locale, timezoneId: 'UTC' });
    this.contexts.push(context);
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' && !/WebSocket connection to|net::ERR_/.test(message.text())) {
        this.complaints.push(message.text());
      }
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('request', (request) => this.hosts.add(new URL(request.url()).host));
    await page.goto(`${this.site.server.url}/observe.html${query}`);
    return page;
  }
}

/** Waits until the page shows proven figures. */
export async function verified(page: Page): Promise<void> {
  await page.locator('[data-verified=yes]').waitFor({ timeout: 20_000 });
}

/** A figure as the page shows it. */
export async function figure(page: Page, name: string): Promise<string> {
  return page.locator(`[data-figure=${name}]`).innerText();
}
