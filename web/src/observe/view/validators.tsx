// Who made the latest blocks, and who signed that they are final.

import { scaleBand } from 'd3-scale';
import type { JSX } from 'preact';

import { useLocale } from '../../locale/locale';
import { address } from '../account';
import { useTexts } from '../texts/texts';
import type { ValidatorsView } from '../watch/validators';
import { number, timeOfDay } from './format';
import { useWidth } from './measure';
import { Part, Short, Table } from './parts';

const ROW = 26;
const EDGE = { left: 28, right: 4, bottom: 22 };

function Strip(props: { readonly view: ValidatorsView }): JSX.Element {
  const { language } = useLocale();
  const words = useTexts().validators;
  const { box, width } = useWidth();
  const { blocks, validators } = props.view;
  const height = validators.length * ROW + EDGE.bottom;
  const x = scaleBand<number>(blocks.map((block) => block.number), [EDGE.left, width - EDGE.right]).paddingInner(0.15);
  const [first, last] = [blocks[0], blocks.at(-1)];
  return (
    <div ref={box} class="chart">
      <svg width={width} height={height} role="img" aria-label={words.chart(blocks.length)}>
        {validators.map(({ place }) => (
          <text key={place} class="chart-label" aria-hidden="true" x={EDGE.left - 8} y={place * ROW + ROW / 2} dy="0.32em" text-anchor="end">
            {place + 1}
          </text>
        ))}
        {blocks.map((block) => (
          <g key={block.hash} class="strip">
            {validators.map(({ place }) => {
              const left = x(block.number) ?? 0;
              const kind = place === block.author ? 'made' : 'idle';
              return <rect key={place} class={`strip-${kind}`} x={left} y={place * ROW + 2} width={x.bandwidth()} height={ROW - 4} />;
            })}
            {block.signers.map((place) => (
              <circle
                key={`s${place}`}
                class={place === block.author ? 'strip-signed-made' : 'strip-signed'}
                cx={(x(block.number) ?? 0) + x.bandwidth() / 2}
                cy={place * ROW + ROW / 2}
                r={Math.min(3.5, x.bandwidth() / 2.6)}
              />
            ))}
          </g>
        ))}
        {[first, last].map(
          (block, at) =>
            block !== undefined && (
              <text key={at} class="chart-label" aria-hidden="true" x={at === 0 ? EDGE.left : width - EDGE.right} y={height - 6} text-anchor={at === 0 ? 'start' : 'end'}>
                {number(language, block.number)}
              </text>
            ),
        )}
      </svg>
    </div>
  );
}

function Key(): JSX.Element {
  const words = useTexts().validators;
  return (
    <ul class="legend">
      <li>
        <svg viewBox="0 0 10 10" aria-hidden="true">
          <rect class="strip-made" width="10" height="10" />
        </svg>
        {words.made}
      </li>
      <li>
        <svg viewBox="0 0 10 10" aria-hidden="true">
          <rect class="strip-idle" width="10" height="10" />
          <circle class="strip-signed" cx="5" cy="5" r="3" />
        </svg>
        {words.hasSigned}
      </li>
    </ul>
  );
}

/** The strip and the table. */
export function ValidatorsPart(props: { readonly view: ValidatorsView }): JSX.Element {
  const { language } = useLocale();
  const words = useTexts().validators;
  const { validators, blocks, signatures } = props.view;
  const shown = (value: number) => number(language, value);
  return (
    <Part id="validators" title={words.title} what={words.what(blocks.length)} wide>
      <Strip view={props.view} />
      <Key />
      {signatures === 0 && <p class="soft small">{words.unsigned}</p>}
      <Table label={words.title}>
        <thead>
          <tr>
            <th scope="col">{words.title}</th>
            <th scope="col" class="numeric">
              {words.authored}
            </th>
            <th scope="col" class="numeric">
              {words.missed}
            </th>
            <th scope="col" class="numeric">
              {words.signed}
            </th>
            <th scope="col">{words.last}</th>
            <th scope="col">{words.key}</th>
          </tr>
        </thead>
        <tbody>
          {validators.map((validator) => (
            <tr key={validator.place} data-validator={validator.place}>
              <th scope="row">{validator.left ? words.left(words.name(validator.place + 1)) : words.name(validator.place + 1)}</th>
              <td class="numeric">{shown(validator.authored)}</td>
              <td class="numeric" data-kind={validator.missed > 0 ? 'bad' : undefined}>
                {shown(validator.missed)}
              </td>
              <td class="numeric" data-kind={validator.signed < validator.signable ? 'warn' : undefined}>
                {words.signedOf(shown(validator.signed), shown(validator.signable))}
              </td>
              <td>{validator.last === null ? '–' : `${shown(validator.last.number)}, ${timeOfDay(language, validator.last.time, true)}`}</td>
              <td class="code">
                <Short text={address(validator.key)} />
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
    </Part>
  );
}
