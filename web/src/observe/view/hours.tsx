// When ballots came: a bar for every hour of voting, stacked by district where there are few.

import { scaleBand, scaleLinear } from 'd3-scale';
import type { JSX } from 'preact';

import { useLocale } from '../../locale/locale';
import type { Paper } from '../../chain/state/decode';
import { useTexts } from '../texts/texts';
import type { BallotsView, Step } from '../watch/ballots';
import { timeOf } from '../watch/validators';
import type { FinalBlock } from '../../chain/source';
import { number, timeOfDay } from './format';
import { useWidth } from './measure';
import { AsTable, Part } from './parts';

const HEIGHT = 240;
const EDGE = { top: 18, right: 8, bottom: 30, left: 44 };
/** As many colours as can be told apart. */
const MAX_SERIES = 5;
/** So wide is a time of day. */
const LABEL_WIDTH = 52;
const TICKS = 4;

interface Series {
  readonly district: number | null;
  readonly name: string;
}

interface Props {
  readonly paper: Paper;
  readonly ballots: BallotsView;
  readonly head: FinalBlock;
}

const valueOfSeries = (step: Step, { district }: Series): number => (district === null ? step.total : (step.byDistrict.get(district) ?? 0));

function Chart(props: Props & { readonly series: readonly Series[]; readonly label: string }): JSX.Element {
  const { language } = useLocale();
  const texts = useTexts();
  const { box, width } = useWidth();
  const { steps } = props.ballots;
  const most = Math.max(1, ...steps.map(({ total }) => total));
  const x = scaleBand<number>(steps.map(({ from }) => from), [EDGE.left, width - EDGE.right]).paddingInner(0.18).paddingOuter(0.1);
  const y = scaleLinear([0, most], [HEIGHT - EDGE.bottom, EDGE.top]).nice(TICKS);
  const ticks = y.ticks(TICKS).filter(Number.isInteger);
  const every = Math.max(1, Math.ceil((steps.length * LABEL_WIDTH) / (width - EDGE.left)));
  const now = steps.find(({ from, to }) => from <= props.head.number && props.head.number < to);
  return (
    <div ref={box} class="chart">
      <svg width={width} height={HEIGHT} role="img" aria-label={props.label}>
        {ticks.map((tick) => (
          <g key={tick} class="chart-tick" aria-hidden="true">
            <line x1={EDGE.left} x2={width - EDGE.right} y1={y(tick)} y2={y(tick)} />
            <text x={EDGE.left - 8} y={y(tick)} dy="0.32em" text-anchor="end">
              {number(language, tick)}
            </text>
          </g>
        ))}
        {now !== undefined && <rect class="chart-now" x={(x(now.from) ?? 0) - 2} y={EDGE.top} width={x.bandwidth() + 4} height={HEIGHT - EDGE.top - EDGE.bottom} />}
        {steps.map((step, at) => (
          <g key={step.from}>
            <Column step={step} series={props.series} x={x(step.from) ?? 0} width={x.bandwidth()} y={y} />
            {at % every === 0 && (
              <text class="chart-label" aria-hidden="true" x={(x(step.from) ?? 0) + x.bandwidth() / 2} y={HEIGHT - 10} text-anchor="middle">
                {step === now ? texts.hours.now : timeOfDay(language, timeOf(step.from, props.head))}
              </text>
            )}
          </g>
        ))}
      </svg>
    </div>
  );
}

function Column(props: {
  readonly step: Step;
  readonly series: readonly Series[];
  readonly x: number;
  readonly width: number;
  readonly y: (value: number) => number;
}): JSX.Element {
  let below = 0;
  return (
    <>
      {props.series.map((series, place) => {
        const value = valueOfSeries(props.step, series);
        const [from, to] = [below, below + value];
        below = to;
        const height = props.y(from) - props.y(to);
        return value === 0 ? null : <rect key={place} class={`series-${place}`} x={props.x} y={props.y(to)} width={props.width} height={height} />;
      })}
    </>
  );
}

function Legend(props: { readonly series: readonly Series[] }): JSX.Element {
  return (
    <ul class="legend">
      {props.series.map(({ name }, place) => (
        <li key={name}>
          <svg viewBox="0 0 10 10" aria-hidden="true">
            <rect class={`series-${place}`} width="10" height="10" />
          </svg>
          {name}
        </li>
      ))}
    </ul>
  );
}

function seriesOf(paper: Paper, all: string): Series[] {
  const few = paper.districts.length > 1 && paper.districts.length <= MAX_SERIES;
  return few ? paper.districts.map(({ id, name }) => ({ district: id, name })) : [{ district: null, name: all }];
}

/** The chart, and the same as a table. */
export function HoursPart(props: Props): JSX.Element {
  const { language } = useLocale();
  const texts = useTexts();
  const words = texts.hours;
  const { ballots, head } = props;
  const series = seriesOf(props.paper, texts.all);
  const highest = ballots.steps.reduce<Step | null>((best, step) => (step.total > (best?.total ?? 0) ? step : best), null);
  const when = (step: Step) => timeOfDay(language, timeOf(step.from, head));
  const label = highest === null ? words.empty : words.summary(ballots.counted, highest.total, when(highest));
  return (
    <Part id="hours" title={words.title} what={ballots.minutes === 60 ? words.byHour : words.byMinutes(ballots.minutes)}>
      {highest === null ? <p>{words.empty}</p> : <Chart {...props} series={series} label={label} />}
      {highest !== null && series.length > 1 && <Legend series={series} />}
      {ballots.counted < ballots.of && (
        <p class="waiting small">{words.partly(number(language, ballots.counted), number(language, ballots.of))}</p>
      )}
      {highest !== null && (
        <AsTable label={words.title}>
          <thead>
            <tr>
              <th scope="col">{words.from}</th>
              {series.map(({ name }) => (
                <th scope="col" key={name} class="numeric">
                  {name}
                </th>
              ))}
              <th scope="col" class="numeric">
                {words.ballots}
              </th>
            </tr>
          </thead>
          <tbody>
            {ballots.steps.map((step) => (
              <tr key={step.from}>
                <th scope="row">{when(step)}</th>
                {series.map((one) => (
                  <td key={one.name} class="numeric">
                    {number(language, valueOfSeries(step, one))}
                  </td>
                ))}
                <td class="numeric strong">{number(language, step.total)}</td>
              </tr>
            ))}
          </tbody>
        </AsTable>
      )}
    </Part>
  );
}
