// The voter's page.

import { render } from 'preact';

import { openBooth, openReceipts } from './ballot/worker-booth';
import { claim } from './flow/tab';
import { Voter } from './flow/voter';
import { Speaking } from './view/shell';
import { VotePage } from './view/vote';

async function begin(root: HTMLElement): Promise<void> {
  const voter = new Voter(openBooth, openReceipts);
  render(
    <Speaking>
      <VotePage voter={voter} />
    </Speaking>,
    root,
  );
  // Old browsers lack one of these; none of them is to be done without.
  if (!('locks' in navigator) || !('indexedDB' in globalThis) || !('subtle' in crypto)) {
    voter.store.change({ situation: { kind: 'broken', why: { kind: 'browser' } } });
    return;
  }
  const tab = await claim(() => voter.yieldTo(true));
  if (tab.alone) {
    await voter.open();
  } else {
    voter.yieldTo(false);
  }
}

const root = document.getElementById('page');
if (root !== null) {
  void begin(root);
}
