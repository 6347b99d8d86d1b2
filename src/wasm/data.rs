//! Reading a CSV file: `CsvReader`, `Table` and `Series`.

use js_sys::{Array, Float64Array, Reflect};
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use super::convert::{columns, field, from_js, times, to_js, with_arrays};
use crate::data::series::sentinel::Sentinels;
use crate::data::{self, Axis, Regular};
use crate::error::Error;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** Options for reading a file. Absent ones are detected. */
export interface ReadOptions {
  encoding?: "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";
  delimiter?: "," | ";" | "\t" | "|" | " ";
  /** Whether the first row holds names. */
  header?: boolean;
  /** The decimal separator. */
  decimal?: "." | ",";
  /** Columns that together hold the time. An empty list: the rows are numbered. */
  time_columns?: string[];
  date_order?: "ymd" | "dmy" | "mdy";
  /** Numbers that mark a missing value. An empty list: none do. */
  missing?: number[];
  /** Time of the first row, if no column holds the time: `2013-01-20 06:00`. */
  start?: string;
  /** Step between rows: `15 minutes`. With a time column, rows are averaged over this step. */
  step?: string;
  /**
   * The series to read, of several: the rows with these texts in these columns. An empty list reads all rows as one series.
   * Two names are not columns. ` table`: the times start again several times in the file, and this is the number of the pass.
   * ` turn`: several rows have the same time, and this is the number among them. Both count from 1.
   */
  series?: Pick[];
  /** Whether rows that hold a whole day (or year) are read as hourly (or monthly) values. */
  wide?: boolean;
}

/** A text in a column. */
export interface Pick {
  column: string;
  value: string;
}

/** A change that reading made, or an oddity of the file. */
export interface Note {
  code: string;
  level: "info" | "warning" | "question";
  message: string;
  /** The first 20 affected lines of the file, from 1. */
  rows: number[];
  /** Number of all affected rows or cells. */
  count: number;
  /** Answers to a question: read the file again with these options. */
  choices: { label: string; options: ReadOptions }[];
}

/** A column of the file. */
export interface ColumnUnderstood {
  name: string;
  kind: "number" | "text" | "time" | "empty" | "constant";
  missing: number;
  min: number | null;
  max: number | null;
  mean: number | null;
  examples: string[];
  /** The number that was read as missing. */
  sentinel: number | null;
  /** Counts of its cells by kind; they sum to the rows. */
  cells: { values: number; empty: number; unread: number; infinite: number; sentinels: number; text: number };
  note: string;
}

/** How a file was read. */
export interface Understood {
  encoding: "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";
  delimiter: "," | ";" | "\t" | "|" | " ";
  decimal: "." | ",";
  header: boolean;
  /** Number of rows that were kept. */
  rows: number;
  /** Counts of the records below the header, by kind. */
  records: { rows: number; uneven: number; names: number; without_time: number; other_series: number };
  bytes: number;
  /** The form of the time column; null: the rows are numbered. */
  time: {
    columns: string[];
    format: string;
    date_order: "ymd" | "dmy" | "mdy" | null;
    utc: boolean;
    /** Earliest and latest time, in milliseconds since 1970. */
    first: number;
    last: number;
    /** The reason, in a sentence, where the form was ambiguous; else empty. */
    why: string;
  } | null;
  /** The series in the file, if there are several; `rows` counts those of the one that was read. */
  series: {
    /** Columns that identify the series; empty where none does. */
    columns: string[];
    /** The longest first, at most a thousand. */
    labels: { label: string; rows: number; picks: Pick[] }[];
    count: number;
    /** Index of the label that was read; null: another one, or all together. */
    chosen: number | null;
  } | null;
  columns: ColumnUnderstood[];
  suggested_target: string | null;
  notes: Note[];
}

/** Options for making a regular series from a table. Missing values stay missing; a model fills them (the setting `gaps`). */
export interface SeriesOptions {
  /** How rows with the same time are merged. Default: mean. */
  duplicates?: "mean" | "first" | "last";
  /** Columns to take. Default: all that hold numbers. */
  columns?: string[];
}

/** Step between neighbouring rows: a duration, calendar months, or one row. */
export type SeriesStep = { unit: "milliseconds" | "months"; count: number } | { unit: "rows" };

/** A regular series and how it was made. */
export interface AboutSeries {
  names: string[];
  start: number;
  step: SeriesStep;
  /** The step in words: `hour`, `15 minutes`, `month`, `row`. */
  step_label: string;
  length: number;
  utc: boolean;
  end: number;
  /** Rows of the file: one for each of `length - missing_steps` steps; all others are duplicates, or averaged. */
  rows: number;
  /** `exact`: rows that repeat another; `conflicting`: times with rows that differ; `merged`: rows beyond the first at these times. */
  duplicates: { exact: number; conflicting: number; merged: number };
  /** Rows beyond the first of each step, where rows are averaged over steps. */
  averaged: number;
  /** Rows whose time was moved onto the grid. */
  snapped: number;
  /** The first 200 gaps. */
  gaps: { from: number; to: number; steps: number }[];
  gap_count: number;
  missing_steps: number;
  notes: Note[];
}

/** Suggested season, window and horizon of a series, in steps, and the reason. */
export interface Suggestion {
  season: number;
  /** All seasons that show in the training part, the shortest first. */
  seasons: number[];
  window: number;
  horizon: number;
  /** How to treat missing values: short runs are filled where that keeps many more windows. */
  gaps: "leave" | "interpolate" | "hold";
  why: string;
}
"#;

/// Options from JavaScript; absent ones have their defaults, and an unknown name is refused.
fn options<T: DeserializeOwned + Default>(options: &JsValue) -> Result<T, Error> {
    if options.is_undefined() || options.is_null() {
        return Ok(T::default());
    }
    let wrong = |error: String| Error::Knob {
        knob: "options",
        label: "Options",
        problem: error.trim_start_matches("Error: ").trim_end_matches('.').to_owned(),
    };
    // As JSON values: straight from an object, serde asks only for the fields it knows and misses a misspelt one.
    let value: serde_json::Value =
        serde_wasm_bindgen::from_value(options.clone()).map_err(|error| wrong(error.to_string()))?;
    T::deserialize(&value).map_err(|error| wrong(error.to_string()))
}

/// Takes a CSV file in pieces of any size, and reads it when it is complete.
#[wasm_bindgen]
pub struct CsvReader {
    inner: Option<data::CsvReader>,
}

#[wasm_bindgen]
impl CsvReader {
    /// A reader for one file. It detects absent options. The length of the file in bytes, if known, saves memory: room is
    /// reserved once, and nothing is moved.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_optional_param_type = "ReadOptions")] options: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "number")] length: JsValue,
    ) -> Result<Self, JsValue> {
        // An invalid length (negative, NaN) becomes 0, since it is only a hint.
        let length = length.as_f64().unwrap_or(0.0) as usize;
        let inner = data::CsvReader::new(self::options(&options)?).expecting(length);
        Ok(Self { inner: Some(inner) })
    }

    /// Takes the next bytes of the file. Throws as soon as they are not text.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), JsValue> {
        let inner = self.inner.as_mut().ok_or_else(used)?;
        Ok(inner.push(chunk)?)
    }

    /// Reads the file. A reader reads one file, once.
    pub fn finish(&mut self) -> Result<Table, JsValue> {
        let inner = self.inner.take().ok_or_else(used)?;
        Ok(Table { inner: inner.finish()? })
    }
}

fn used() -> Error {
    Error::NotReady { problem: "This reader has read its file: make a new one.".to_owned() }
}

/// A file as columns.
#[wasm_bindgen]
pub struct Table {
    inner: data::Table,
}

#[wasm_bindgen]
impl Table {
    /// The interpretation of the file, with all changes that reading made.
    #[wasm_bindgen(unchecked_return_type = "Understood")]
    pub fn understood(&self) -> Result<JsValue, JsValue> {
        to_js(self.inner.understood())
    }

    /// Cells of `count` rows from row `first` (0 is the first kept row), as in the file, cut to 200 characters.
    #[wasm_bindgen(unchecked_return_type = "string[][]")]
    pub fn preview(&self, first: usize, count: usize) -> Result<JsValue, JsValue> {
        to_js(&self.inner.preview(first, count))
    }

    /// A regular series of the columns of numbers.
    pub fn series(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "SeriesOptions")] options: JsValue,
    ) -> Result<Series, JsValue> {
        Ok(Series { inner: self.inner.series(&self::options(&options)?)? })
    }
}

/// Columns of numbers on a regular time axis; NaN where a value is missing.
#[wasm_bindgen]
pub struct Series {
    inner: Regular,
}

#[wasm_bindgen]
impl Series {
    /// Names, axis, and history of the series.
    #[wasm_bindgen(unchecked_return_type = "AboutSeries")]
    pub fn about(&self) -> Result<JsValue, JsValue> {
        to_js(&self.inner.about)
    }

    /// Season, window and horizon for this column, from the training part of a split (the knob `split`), or else of the default
    /// one.
    #[wasm_bindgen(unchecked_return_type = "Suggestion")]
    pub fn suggest(&self, target: &str, split: Option<String>) -> Result<JsValue, JsValue> {
        let suggestion = match split {
            Some(split) => self.inner.suggest_for(target, &split)?,
            None => self.inner.suggest(target)?,
        };
        to_js(&suggestion)
    }

    /// Values of a column, copied.
    pub fn column(&self, index: usize) -> Result<Float64Array, JsValue> {
        let columns = &self.inner.series.columns;
        let column = columns.get(index).ok_or_else(|| Error::Column {
            column: index.to_string(),
            problem: format!("there are only {} columns", columns.len()),
        })?;
        Ok(Float64Array::from(column.as_slice()))
    }

    /// Time of each row in milliseconds since 1970, or its number.
    pub fn times(&self) -> Float64Array {
        let axis = self.inner.series.axis;
        let all: Vec<i64> = (0..axis.len).map(|index| axis.at(index)).collect();
        Float64Array::from(times(&all).as_slice())
    }

    /// The series as plain data, to send to another worker.
    #[wasm_bindgen(unchecked_return_type = "SeriesParts")]
    pub fn to_parts(&self) -> Result<JsValue, JsValue> {
        let series = &self.inner.series;
        let columns: Array = series.columns.iter().map(|column| Float64Array::from(column.as_slice())).collect();
        let parts: JsValue = js_sys::Object::new().into();
        Reflect::set(&parts, &"axis".into(), &to_js(&series.axis)?)?;
        Reflect::set(&parts, &"names".into(), &to_js(&series.names)?)?;
        Reflect::set(&parts, &"columns".into(), &columns)?;
        if let Some(Sentinels { said, aside }) = &series.sentinels {
            let flat: Vec<f64> =
                aside.iter().flat_map(|&(column, row, value)| [f64::from(column), f64::from(row), value]).collect();
            let sentinels = with_arrays(&serde_json::Map::new(), &[("aside", &flat)])?;
            Reflect::set(&sentinels, &"said".into(), &to_js(said)?)?;
            Reflect::set(&parts, &"sentinels".into(), &sentinels)?;
        }
        Ok(parts)
    }

    /// A series from plain data.
    pub fn from_parts(#[wasm_bindgen(unchecked_param_type = "SeriesParts")] parts: JsValue) -> Result<Series, JsValue> {
        Ok(Series { inner: Regular::from_series(series_from_parts(&parts)?) })
    }
}

/// The series in plain data from [`Series::to_parts`].
pub(super) fn series_from_parts(parts: &JsValue) -> Result<data::Series, JsValue> {
    let wrong = |what: &str| Error::NotReady { problem: format!("These parts are not a series: {what}.") };
    let part = |key: &str| field(parts, key).map_err(|_| wrong("an object is needed"));
    let axis: Axis = from_js(part("axis")?).map_err(|_| wrong("the axis needs start, step, len and utc"))?;
    let names: Vec<String> = from_js(part("names")?).map_err(|_| wrong("the names must be a list of texts"))?;
    let columns = columns(&part("columns")?).map_err(|_| wrong("each column must be a Float64Array"))?;
    let mut series = data::Series::checked(axis, names, columns)?;
    let sentinels = part("sentinels")?;
    if !sentinels.is_undefined() && !sentinels.is_null() {
        let lists = wrong("sentinels need a list “said” and a Float64Array “aside”");
        let of = |key: &str| field(&sentinels, key).map_err(|_| lists.clone());
        let said: Vec<f64> = from_js(of("said")?).map_err(|_| lists.clone())?;
        let flat = of("aside")?.dyn_into::<Float64Array>().map_err(|_| lists.clone())?.to_vec();
        let (places, rest) = flat.as_chunks::<3>();
        let (names, rows) = (series.names.len(), series.axis.len);
        // A cast alone would change a number that is not whole.
        let below = |place: f64, count: usize| place >= 0.0 && place.fract() == 0.0 && place < count as f64;
        let fits = |&[column, row, _]: &[f64; 3]| below(column, names) && below(row, rows);
        if !rest.is_empty() || !places.iter().all(fits) {
            return Err(lists.into());
        }
        let aside = places.iter().map(|&[column, row, value]| (column as u32, row as u32, value)).collect();
        series.sentinels = Some(Sentinels { said, aside });
    }
    Ok(series)
}
