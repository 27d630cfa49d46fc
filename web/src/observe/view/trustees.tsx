// The key ceremony and the shares of the totals: who has done their part, and who is late.

import type { JSX } from 'preact';

import { useLocale } from '../../locale/locale';
import type { Paper } from '../../chain/state/decode';
import { useTexts } from '../texts/texts';
import type { CeremonyFigures, Figures, Part as CeremonyPart, TrusteeShares } from '../watch/figures';
import { timeOf } from '../watch/validators';
import { number, timeOfDay } from './format';
import { Part, Table } from './parts';

const KIND = { done: 'good', awaited: undefined, late: 'bad', excluded: 'bad' } as const;

function PartCell(props: { readonly part: CeremonyPart; readonly ceremony: CeremonyFigures }): JSX.Element {
  const words = useTexts().ceremony;
  const { part, ceremony } = props;
  const fault = ceremony.excluded.find(({ trustee }) => trustee === part.trustee)?.fault;
  return (
    <td data-kind={KIND[part.state]} data-part={part.state}>
      {words.parts[part.state]}
      {fault !== undefined && `: ${words.faults[fault]}`}
    </td>
  );
}

function ShareCell(props: { readonly shares: TrusteeShares | undefined; readonly figures: Figures; readonly paper: Paper }): JSX.Element {
  const { language } = useLocale();
  const texts = useTexts();
  const words = texts.ceremony;
  const { shares, figures, paper } = props;
  if (shares === undefined || shares.of === 0) {
    return <td class="soft">{words.notYet}</td>;
  }
  const whole = shares.accepted === shares.of;
  const since = timeOfDay(language, timeOf(paper.voting.end, figures.block));
  const none = figures.phase === 'published' ? words.notNeeded : words.waiting(since);
  const text = shares.accepted > 0 ? words.sent(number(language, shares.accepted), number(language, shares.of)) : none;
  return (
    <td data-kind={shares.invalid > 0 ? 'bad' : whole ? 'good' : undefined}>
      {text}
      {shares.last !== null && <span class="soft small">{`, ${texts.block.toLowerCase()} ${number(language, shares.last)}`}</span>}
      {shares.invalid > 0 && `, ${words.invalid(shares.invalid)}`}
    </td>
  );
}

function Stage(props: { readonly ceremony: CeremonyFigures; readonly figures: Figures }): JSX.Element {
  const { language } = useLocale();
  const words = useTexts().ceremony;
  const { ceremony, figures } = props;
  const due = timeOfDay(language, timeOf(ceremony.deadline, figures.block));
  return (
    <div class="stack tight">
      <p data-stage={ceremony.stage}>
        <strong>{words.stages[ceremony.stage]}.</strong> {ceremony.epoch > 0 && words.restarted(ceremony.epoch)}
      </p>
      {ceremony.stage !== 'complete' && <p class="small">{words.deadline(due, number(language, ceremony.deadline))}</p>}
    </div>
  );
}

/** The trustees. */
export function TrusteesPart(props: { readonly figures: Figures; readonly paper: Paper }): JSX.Element | null {
  const words = useTexts().ceremony;
  const { figures, paper } = props;
  const { ceremony } = figures;
  if (ceremony === null) {
    return null;
  }
  return (
    <Part id="trustees" title={words.title} what={words.what(paper.threshold, paper.trustees.length)}>
      <Stage ceremony={ceremony} figures={figures} />
      <Table label={words.title}>
        <thead>
          <tr>
            <th scope="col">{words.trustee}</th>
            <th scope="col">{words.part}</th>
            <th scope="col">{words.shares}</th>
          </tr>
        </thead>
        <tbody>
          {ceremony.parts.map((part) => (
            <tr key={part.trustee}>
              <th scope="row">{part.name}</th>
              <PartCell part={part} ceremony={ceremony} />
              <ShareCell shares={figures.shares.find(({ trustee }) => trustee === part.trustee)} figures={figures} paper={paper} />
            </tr>
          ))}
        </tbody>
      </Table>
    </Part>
  );
}
