import type { JSX } from 'preact';
import { useId } from 'preact/hooks';

import { isFull, isSingle, mayBeBlank, missing, rule, selected, touched } from '../../ballot/rules';
import type { Contest } from '../../chain/state/decode';
import { credentialed } from '../../flow/state';
import { useLocale } from '../../locale/locale';
import { useStage } from '../context';
import { Button } from '../parts/basics';
import { Clock } from '../parts/clock';
import { Leave } from '../parts/leave';
import { Screen } from '../parts/screen';

function Paper(props: {
  readonly contest: Contest;
  readonly selection: readonly boolean[];
  readonly onSelect: (selection: readonly boolean[]) => void;
}): JSX.Element {
  const { texts } = useLocale();
  const id = useId();
  const { contest, selection, onSelect } = props;
  const words = texts.ballot;
  const single = isSingle(contest);
  const full = !single && isFull(contest, selection);
  const limited = !single && contest.max < contest.options.length;
  return (
    <fieldset class="contest stack" aria-describedby={`${id}-rule`}>
      <legend>{contest.title}</legend>
      <p class="rule" id={`${id}-rule`}>
        {rule(contest, words)} {limited && words.full(contest.max)}
      </p>
      <ul class="options">
        {contest.options.map((option, index) => (
          <li key={option}>
            <label class="option">
              <input
                type={single ? 'radio' : 'checkbox'}
                name={id}
                checked={selection[index] === true}
                disabled={full && selection[index] !== true}
                onChange={() => onSelect(touched(contest, selection, index))}
              />
              <span>{option}</span>
            </label>
          </li>
        ))}
        {single && mayBeBlank(contest) && (
          <li>
            <label class="option option-blank">
              <input
                type="radio"
                name={id}
                checked={selected(selection) === 0}
                aria-describedby={`${id}-blank`}
                onChange={() => onSelect(selection.map(() => false))}
              />
              <span>
                {words.blank} <span class="soft small" id={`${id}-blank`}>{words.blankHint}</span>
              </span>
            </label>
          </li>
        )}
      </ul>
      {!single && (
        <p class="count" role="status">
          {words.count(selected(selection), contest.max)}
        </p>
      )}
    </fieldset>
  );
}

export function BallotScreen(): JSX.Element {
  const { texts } = useLocale();
  const { voter, flow, district } = useStage();
  const words = texts.ballot;
  const contests = district?.contests ?? [];
  const lacking = contests.flatMap((contest, index) => {
    const more = missing(contest, flow.selections[index] ?? []);
    return more > 0 ? [words.missing(contest.title, more)] : [];
  });
  return (
    <Screen title={words.title}>
      <p class="soft">
        {district?.name} · {words.keptHere} {!credentialed(flow) && words.leftWhy}
      </p>
      <Clock />
      {contests.map((contest, index) => (
        <Paper
          key={contest.id}
          contest={contest}
          selection={flow.selections[index] ?? []}
          onSelect={(selection) => voter.select(index, selection)}
        />
      ))}
      <div id="lacking" class="small">
        {lacking.map((text) => (
          <p key={text}>{text}</p>
        ))}
      </div>
      <div class="actions">
        <Button main heldBy={lacking.length > 0 ? 'lacking' : null} onClick={() => voter.review()}>
          {words.review}
        </Button>
      </div>
      <Leave />
    </Screen>
  );
}
