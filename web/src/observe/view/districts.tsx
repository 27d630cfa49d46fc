// Registered, issued and cast in every district: a table that can be looked at.

import type { JSX } from 'preact';

import { useLocale } from '../../locale/locale';
import { useTexts } from '../texts/texts';
import type { DistrictFigures } from '../watch/figures';
import { number, percent } from './format';
import { Bar, Part, Table } from './parts';

/** The table. */
export function DistrictsPart(props: { readonly districts: readonly DistrictFigures[] }): JSX.Element {
  const { language } = useLocale();
  const texts = useTexts();
  const words = texts.figures;
  return (
    <Part id="districts" title={texts.districts.title} what={texts.districts.what}>
      <Table label={texts.districts.title}>
        <thead>
          <tr>
            <th scope="col">{texts.district}</th>
            <th scope="col" class="numeric">
              {words.registered}
            </th>
            <th scope="col" class="numeric">
              {words.issued}
            </th>
            <th scope="col" class="numeric">
              {words.cast}
            </th>
            <th scope="col" class="numeric">
              {words.turnout}
            </th>
          </tr>
        </thead>
        <tbody>
          {props.districts.map(({ id, name, registered, issued, cast }) => (
            <tr key={id} data-district={id}>
              <th scope="row" class="with-bar">
                {name}
                <Bar
                  whole={registered}
                  parts={[
                    { value: issued, kind: 'issued' },
                    { value: cast, kind: 'cast' },
                  ]}
                />
              </th>
              <td class="numeric">{number(language, registered)}</td>
              <td class="numeric">{number(language, issued)}</td>
              <td class="numeric">{number(language, cast)}</td>
              <td class="numeric strong">{percent(language, cast, registered)}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </Part>
  );
}
