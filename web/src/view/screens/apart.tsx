// Screens beside the way: loading, broken, open in another tab.

import type { JSX } from 'preact';

import type { Disagreement } from '../../chain/witnesses';
import type { Broken } from '../../flow/model';
import type { Voter } from '../../flow/voter';
import { type Catalogue, useLocale } from '../../locale/locale';
import { Button } from '../parts/basics';
import { Screen } from '../parts/screen';

export function LoadingScreen(): JSX.Element {
  const { texts } = useLocale();
  return (
    <p class="waiting" role="status">
      {texts.loading}
    </p>
  );
}

function ofNodes(disagreement: Disagreement, words: Catalogue['broken']): string {
  switch (disagreement.kind) {
    case 'nobody':
      return words.nobody;
    case 'unknownElection':
      return words.unknownElection(disagreement.url);
    case 'otherChain':
      return words.otherChain(disagreement.url);
    case 'unproven':
      return words.unproven(disagreement.urls.join(', '));
    case 'differs':
      return words.differs(disagreement.urls.join(', '));
  }
}

function reason(why: Broken, words: Catalogue['broken']): string {
  switch (why.kind) {
    case 'configuration':
      return `${words.configuration} ${why.detail}`;
    case 'nodes':
      return ofNodes(why.disagreement, words);
    case 'browser':
    case 'manifestHash':
    case 'registrarManifest':
      return words[why.kind];
  }
}

export function BrokenScreen(props: { readonly why: Broken; readonly voter: Voter }): JSX.Element {
  const { texts } = useLocale();
  return (
    <Screen title={texts.broken.title} bare>
      <p class="notice" data-kind="bad" role="alert">
        {reason(props.why, texts.broken)}
      </p>
      <Button main onClick={() => void props.voter.retry()}>
        {texts.tryAgain}
      </Button>
    </Screen>
  );
}

export function ElsewhereScreen(props: { readonly lost: boolean; readonly onTakeOver: () => void }): JSX.Element {
  const { texts } = useLocale();
  return (
    <Screen title={props.lost ? texts.tabs.lostTitle : texts.tabs.title} bare>
      <p>{texts.tabs.what}</p>
      <Button main onClick={props.onTakeOver}>
        {texts.tabs.takeOver}
      </Button>
    </Screen>
  );
}
