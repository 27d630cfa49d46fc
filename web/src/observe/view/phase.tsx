// Where the election stands, and how long until it moves on.

import type { JSX } from 'preact';

import { useLocale } from '../../locale/locale';
import { useNow } from '../../view/parts/time';
import type { Paper } from '../../chain/state/decode';
import type { Phase } from '../../chain/state/phase';
import { useTexts } from '../texts/texts';
import { type Figures, nextPhaseAt } from '../watch/figures';
import { timeOf } from '../watch/validators';
import { dayAndTime, number, percent, remaining } from './format';

const LINE = ['registration', 'waiting', 'voting', 'tallying', 'published'] as const;

function Line(props: { readonly phase: Phase }): JSX.Element {
  const words = useTexts().phase;
  const current = LINE.findIndex((phase) => phase === props.phase);
  return (
    <ol class="phase-line">
      {LINE.map((phase, at) => (
        <li key={phase} aria-current={at === current ? 'step' : undefined} data-done={at < current ? '' : undefined}>
          {words.short[phase]}
        </li>
      ))}
    </ol>
  );
}

function Countdown(props: { readonly figures: Figures; readonly paper: Paper }): JSX.Element | null {
  const { language } = useLocale();
  const words = useTexts().phase;
  const { phase, block } = props.figures;
  const next = nextPhaseAt(phase, props.paper);
  const now = useNow();
  if (next === null || phase === 'tallying' || phase === 'published' || phase === 'cancelled') {
    return null;
  }
  const time = timeOf(next, block);
  return (
    <div class="countdown">
      <p class="countdown-clock" role="timer" aria-live="off">
        {remaining(language, time - now)}
      </p>
      <p>
        {words.until[phase]}
        <span class="soft small countdown-at">{words.about(dayAndTime(language, time), number(language, next))}</span>
      </p>
    </div>
  );
}

function Tile(props: { readonly name: string; readonly what: string; readonly value: string; readonly main?: boolean; readonly mark: string }): JSX.Element {
  return (
    <div class="tile" data-main={props.main === true ? '' : undefined}>
      <dt>{props.name}</dt>
      <dd>
        <span class="tile-value" data-figure={props.mark}>
          {props.value}
        </span>
        <span class="soft small">{props.what}</span>
      </dd>
    </div>
  );
}

function Tiles(props: { readonly figures: Figures }): JSX.Element {
  const { language } = useLocale();
  const words = useTexts().figures;
  const sum = (of: 'registered' | 'issued' | 'cast') => props.figures.districts.reduce((all, district) => all + district[of], 0);
  const [registered, issued, cast] = [sum('registered'), sum('issued'), sum('cast')];
  return (
    <dl class="tiles">
      <Tile name={words.turnout} what={words.turnoutWhat} value={percent(language, cast, registered)} mark="turnout" main />
      <Tile name={words.cast} what={words.castWhat} value={number(language, cast)} mark="cast" />
      <Tile name={words.issued} what={words.issuedWhat} value={number(language, issued)} mark="issued" />
      <Tile name={words.registered} what={words.registeredWhat} value={number(language, registered)} mark="registered" />
    </dl>
  );
}

/** The top of the page. */
export function PhasePart(props: { readonly figures: Figures; readonly paper: Paper }): JSX.Element {
  const words = useTexts().phase;
  const { phase, ending } = props.figures;
  const { paper } = props;
  return (
    <section class="sheet stack phase" aria-labelledby="phase">
      <div class="phase-row">
        <div class="stack phase-name">
          <p class="soft small">{words.title}</p>
          <h2 id="phase" data-phase={phase}>
            {words[phase]}
          </h2>
          <p class="unseen" role="status">
            {words[phase]}
          </p>
          {phase === 'tallying' && <p>{words.needs(paper.threshold, paper.trustees.length)}</p>}
          {ending?.kind === 'cancelled' && (
            <p>
              {words.why[ending.why]} {ending.text}
            </p>
          )}
        </div>
        <Countdown figures={props.figures} paper={paper} />
      </div>
      {phase !== 'cancelled' && <Line phase={phase} />}
      <Tiles figures={props.figures} />
    </section>
  );
}
