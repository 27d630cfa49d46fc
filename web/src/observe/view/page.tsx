// The observers' page.

import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';

import type { Hex } from '../../encoding/hex';
import { useLocale } from '../../locale/locale';
import { Fingerprint } from '../../view/parts/basics';
import { useLive } from '../../view/parts/live';
import { Shell } from '../../view/shell';
import type { Paper } from '../../chain/state/decode';
import { useTexts } from '../texts/texts';
import type { Figures } from '../watch/figures';
import type { Observer, View } from '../watch/observer';
import { BallotsPart } from './ballots';
import { DistrictsPart } from './districts';
import { HoursPart } from './hours';
import { LookUpPart } from './look-up';
import { Part } from './parts';
import { PhasePart } from './phase';
import { ResultPart } from './result';
import { SourceBand } from './source-band';
import { TrusteesPart } from './trustees';
import { ValidatorsPart } from './validators';

function Facts(props: { readonly genesis: Hex; readonly paper: Paper; readonly figures: Figures }): JSX.Element {
  const words = useTexts().facts;
  const key = props.figures.ceremony?.key ?? null;
  return (
    <Part id="facts" title={words.title} what={words.what}>
      <div class="fingerprints">
        <div class="stack tight">
          <h3>{words.genesis}</h3>
          <Fingerprint hash={props.genesis} label={words.genesis} size="small" />
        </div>
        <div class="stack tight">
          <h3>{words.manifest}</h3>
          <Fingerprint hash={props.paper.hash} label={words.manifest} size="small" />
        </div>
        <div class="stack tight">
          <h3>{words.key}</h3>
          {key === null ? <p>{words.noKey}</p> : <Fingerprint hash={key} label={words.key} size="small" />}
        </div>
      </div>
    </Part>
  );
}

function Body(props: { readonly observer: Observer; readonly genesis: Hex; readonly view: View }): JSX.Element | null {
  const { paper, figures, ballots, validators } = props.view;
  if (paper === null || figures === null) {
    return null;
  }
  return (
    <>
      <PhasePart figures={figures} paper={paper} />
      <div class="watch-grid">
        <ResultPart figures={figures} paper={paper} />
        <DistrictsPart districts={figures.districts} />
        {ballots !== null && <HoursPart paper={paper} ballots={ballots} head={figures.block} />}
        {ballots !== null && <BallotsPart ballots={ballots} paper={paper} head={figures.block} />}
        <LookUpPart paper={paper} lookUp={(query) => props.observer.lookUp(query)} />
        {validators !== null && <ValidatorsPart view={validators} />}
        <TrusteesPart figures={figures} paper={paper} />
        <Facts genesis={props.genesis} paper={paper} figures={figures} />
      </div>
    </>
  );
}

/** The page. */
export function ObservePage(props: { readonly observer: Observer; readonly genesis: Hex }): JSX.Element {
  const { texts: common } = useLocale();
  const texts = useTexts();
  const { observer } = props;
  const view = useLive(observer);
  const title = view.paper?.title ?? null;
  useEffect(() => {
    document.title = `${title === null ? texts.title : `${texts.title}: ${title}`} · ${common.electronicVote}`;
  }, [title, texts, common]);
  return (
    <Shell title={title} stage={null} page="observe">
      <div class="watch stack">
        <h1 tabIndex={-1}>{texts.title}</h1>
        <SourceBand view={view} hasLight={observer.hasLight} choose={(kind) => observer.begin(kind)} />
        <Body observer={observer} genesis={props.genesis} view={view} />
      </div>
    </Shell>
  );
}
