// The browser's back button moves between screens where the machine allows it, and otherwise does
// nothing: it must neither lose a ballot nor leave the page in the middle of a vote.

import { useLayoutEffect, useRef } from 'preact/hooks';

import { mayGoBack, precedes } from '../flow/machine';
import type { Flow, Step } from '../flow/state';
import type { Voter } from '../flow/voter';

interface Entry {
  readonly psephosStep: Step;
}

function isEntry(state: unknown): state is Entry {
  return typeof state === 'object' && state !== null && 'psephosStep' in state;
}

/**
 * Keeps one entry in the browser's history for each screen. The entry is there before the screen is painted: whoever goes back at once
 * must not skip a screen.
 */
export function useHistory(flow: Flow, voter: Voter): void {
  const shown = useRef<Step | null>(null);
  useLayoutEffect(() => {
    const before = shown.current;
    shown.current = flow.step;
    const entry: Entry = { psephosStep: flow.step };
    if (before === null || precedes(flow.step, before)) {
      history.replaceState(entry, '');
    } else if (before !== flow.step) {
      history.pushState(entry, '');
    }
  }, [flow.step]);
  useLayoutEffect(() => {
    const onPop = (event: PopStateEvent) => {
      const { step } = voter.store.current.flow;
      const to = isEntry(event.state) ? event.state.psephosStep : null;
      if (to !== null && mayGoBack(step, to)) {
        voter.back(to);
      } else if (to !== step) {
        // Not allowed, so the entry that was left is put back.
        history.pushState({ psephosStep: step } satisfies Entry, '');
      }
    };
    addEventListener('popstate', onPop);
    return () => removeEventListener('popstate', onPop);
  }, [voter]);
}
