// The result as it is published: every contest's counts, with the turnout that stands behind them.

import type { JSX } from 'preact';

import { useLocale } from '../../locale/locale';
import type { Contest, District, DistrictResult, Paper } from '../../chain/state/decode';
import { useTexts } from '../texts/texts';
import type { DistrictFigures, Figures } from '../watch/figures';
import { number, percent } from './format';
import { Bar, Part, Table } from './parts';

function ContestTable(props: { readonly contest: Contest; readonly counts: readonly number[]; readonly ballots: number }): JSX.Element {
  const { language } = useLocale();
  const words = useTexts().result;
  const { contest, counts, ballots } = props;
  const most = Math.max(...counts);
  const order = counts.map((votes, option) => ({ votes, option })).sort((a, b) => b.votes - a.votes || a.option - b.option);
  return (
    <div class="stack tight" data-contest={contest.id}>
      <h4>{contest.title}</h4>
      <Table label={contest.title}>
        <thead>
          <tr>
            <th scope="col">{words.option}</th>
            <th scope="col" class="numeric">
              {words.votes}
            </th>
            <th scope="col" class="numeric">
              {words.share}
            </th>
          </tr>
        </thead>
        <tbody>
          {order.map(({ votes, option }) => (
            <tr key={option} data-option={option} data-first={votes === most && votes > 0 ? '' : undefined}>
              <th scope="row" class="with-bar">
                {contest.options[option] ?? number(language, option)}
                <Bar whole={ballots} parts={[{ value: votes, kind: 'cast' }]} />
              </th>
              <td class="numeric strong" data-votes={votes}>
                {number(language, votes)}
              </td>
              <td class="numeric">{percent(language, votes, ballots)}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </div>
  );
}

function Counted(props: { readonly district: District; readonly result: DistrictResult; readonly least: number }): JSX.Element {
  const words = useTexts().result;
  const { district, result } = props;
  if (result.outcome === 'withheld') {
    return <p>{words.withheld(props.least)}</p>;
  }
  if (result.ballots === 0) {
    return <p>{words.noBallots}</p>;
  }
  const { counted } = result.outcome;
  return (
    <>
      {district.contests.map((contest) => (
        <ContestTable
          key={contest.id}
          contest={contest}
          counts={counted.find((one) => one.contest === contest.id)?.counts ?? []}
          ballots={result.ballots}
        />
      ))}
    </>
  );
}

function DistrictPart(props: { readonly district: District; readonly figures: DistrictFigures; readonly result: DistrictResult | null; readonly least: number }): JSX.Element {
  const { language } = useLocale();
  const words = useTexts().result;
  const { district, figures, result } = props;
  return (
    <section class="result-district stack" data-district={district.id} aria-label={district.name}>
      <h3>{district.name}</h3>
      {result !== null && (
        <p class="small soft">{words.turnout(result.ballots, number(language, figures.registered), percent(language, result.ballots, figures.registered))}</p>
      )}
      {result === null ? (
        <p class={figures.tally?.kind === 'failed' ? 'notice' : 'waiting'} data-kind={figures.tally?.kind === 'failed' ? 'bad' : undefined}>
          {figures.tally?.kind === 'failed' ? words.failed : words.pending}
        </p>
      ) : (
        <Counted district={district} result={result} least={props.least} />
      )}
    </section>
  );
}

/** The result, or as much of it as is decrypted. */
export function ResultPart(props: { readonly figures: Figures; readonly paper: Paper }): JSX.Element | null {
  const { language } = useLocale();
  const words = useTexts().result;
  const { figures, paper } = props;
  if (figures.phase !== 'tallying' && figures.phase !== 'published') {
    return null;
  }
  const resultOf = (district: DistrictFigures): DistrictResult | null =>
    figures.result?.districts.find((one) => one.district === district.id) ?? (district.tally?.kind === 'settled' ? district.tally.result : null);
  return (
    <Part id="result" title={words.title} wide>
      {figures.result === null ? (
        <p class="notice">{words.partly}</p>
      ) : (
        <p class="notice" data-kind="good" data-result="proven">
          {words.proven(number(language, figures.result.block))}
        </p>
      )}
      <div class="result-districts">
        {figures.districts.map((district) => {
          const described = paper.districts.find(({ id }) => id === district.id);
          return described === undefined ? null : (
            <DistrictPart key={district.id} district={described} figures={district} result={resultOf(district)} least={paper.minimumBallots} />
          );
        })}
      </div>
    </Part>
  );
}
