// What the observers' page is told: where the chain is. A voters' `config.json` has it all, and one line more.

import { type Configuration, readConfiguration } from '../configuration';
import { shapeOf } from '../encoding/shape';

/** What this page needs. */
export interface ObserverConfiguration extends Pick<Configuration, 'election' | 'genesis' | 'nodes'> {
  /** The chain's specification, raw, for the light client; without one the page asks nodes only. */
  readonly chainSpecification: string | null;
}

/** Checks a configuration. */
export function readObserverConfiguration(value: unknown): ObserverConfiguration {
  const { election, genesis, nodes } = readConfiguration(value);
  const chainSpecification = shapeOf(value, 'config.json')
    .field('chain_spec')
    .optional((path) => path.text());
  return { election, genesis, nodes, chainSpecification };
}

/** Reads the configuration that lies beside the page. */
export async function loadObserverConfiguration(): Promise<ObserverConfiguration> {
  return readObserverConfiguration(JSON.parse(await fetchText('config.json')));
}

/** A file that lies beside the page. */
export async function fetchText(path: string): Promise<string> {
  const response = await fetch(path, { cache: 'no-store', credentials: 'omit' });
  if (!response.ok) {
    throw new Error(`${path}: the server answered ${response.status}`);
  }
  return response.text();
}
