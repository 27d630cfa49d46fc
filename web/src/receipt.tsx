// The page that checks receipts.

import { render } from 'preact';

import { openReceipts } from './ballot/worker-booth';
import { Witnesses } from './chain/witnesses';
import { loadConfiguration } from './configuration';
import { Speaking } from './view/shell';
import { ReceiptPage } from './view/receipt';
import { Misconfigured } from './view/misconfigured';

async function begin(root: HTMLElement): Promise<void> {
  try {
    const configuration = await loadConfiguration();
    const witnesses = new Witnesses(configuration).nodes;
    const desk = { configuration, witnesses, receipts: openReceipts(configuration) };
    render(
      <Speaking>
        <ReceiptPage desk={desk} />
      </Speaking>,
      root,
    );
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
