// The observers' page: reads the chain, and nothing else.

import { render } from 'preact';

import { Misconfigured } from '../view/misconfigured';
import { Speaking } from '../view/shell';
import { loadObserverConfiguration } from './configuration';
import { openSources } from './sources';
import { ObservePage } from './view/page';
import { Observer } from './watch/observer';

async function begin(root: HTMLElement): Promise<void> {
  try {
    const configuration = await loadObserverConfiguration();
    const observer = new Observer(configuration, openSources(configuration));
    render(
      <Speaking>
        <ObservePage observer={observer} genesis={configuration.genesis} />
      </Speaking>,
      root,
    );
    observer.begin(new URLSearchParams(location.search).get('source') === 'node' ? 'node' : 'light');
  } catch (error) {
    render(
      <Speaking>
        <Misconfigured detail={error instanceof Error ? error.message : String(error)} />
      </Speaking>,
      root,
    );
  }
}

const root = document.getElementById('page');
if (root !== null) {
  void begin(root);
}
