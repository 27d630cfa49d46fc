// The sources of the real page.

import { Node } from '../chain/node';
import { fetchText, type ObserverConfiguration } from './configuration';
import { WorkerLightClient } from './source/light-client';
import { LightSource } from './source/light-source';
import { NodeSource } from '../chain/node-source';
import type { Sources } from './watch/observer';

/** Sources for a configuration. */
export function openSources({ genesis, chainSpecification }: ObserverConfiguration): Sources {
  return {
    light: async (peers) => {
      const specification = await fetchText(chainSpecification ?? '');
      return new LightSource(new WorkerLightClient(specification), genesis, peers);
    },
    node: (url, signed) => new NodeSource(url, genesis, signed),
    witness: (url) => new Node(url),
  };
}
