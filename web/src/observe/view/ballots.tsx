// Ballots as they arrive.

import type { JSX } from 'preact';

import { useLocale } from '../../locale/locale';
import { address } from '../account';
import type { FinalBlock } from '../../chain/source';
import type { Paper } from '../../chain/state/decode';
import { useTexts } from '../texts/texts';
import type { BallotsView, PlacedBallot } from '../watch/ballots';
import { timeOf } from '../watch/validators';
import { number, timeOfDay } from './format';
import { Part, Short, Table } from './parts';

/** A table of ballots. */
export function BallotTable(props: {
  readonly label: string;
  readonly ballots: readonly PlacedBallot[];
  readonly paper: Paper;
  readonly head: FinalBlock;
}): JSX.Element {
  const { language } = useLocale();
  const texts = useTexts();
  const words = texts.ballots;
  const district = (id: number) => props.paper.districts.find((one) => one.id === id)?.name ?? number(language, id);
  return (
    <Table label={props.label}>
      <thead>
        <tr>
          <th scope="col" class="numeric">
            {words.index}
          </th>
          <th scope="col">{words.tracker}</th>
          <th scope="col">{words.account}</th>
          <th scope="col">{texts.district}</th>
          <th scope="col" class="numeric">
            {texts.block}
          </th>
          <th scope="col">{words.time}</th>
        </tr>
      </thead>
      <tbody>
        {props.ballots.map((ballot) => (
          <tr key={ballot.index} data-tracker={ballot.tracker}>
            <th scope="row" class="numeric">
              {number(language, ballot.index)}
            </th>
            <td class="code">
              <Short text={ballot.tracker.slice(2)} />
            </td>
            <td class="code">
              <Short text={address(ballot.account)} />
              {ballot.supersedes !== null && <span class="soft small"> {words.supersedes(number(language, ballot.supersedes))}</span>}
            </td>
            <td>{district(ballot.district)}</td>
            <td class="numeric">{number(language, ballot.block)}</td>
            <td>{timeOfDay(language, timeOf(ballot.block, props.head), true)}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

/** The newest. */
export function BallotsPart(props: { readonly ballots: BallotsView; readonly paper: Paper; readonly head: FinalBlock }): JSX.Element {
  const words = useTexts().ballots;
  const { newest, of } = props.ballots;
  return (
    <Part id="ballots" title={words.title} wide {...(of === 0 ? {} : { what: words.what(of) })}>
      {newest.length === 0 ? <p>{words.empty}</p> : <BallotTable label={words.title} ballots={newest} paper={props.paper} head={props.head} />}
    </Part>
  );
}
