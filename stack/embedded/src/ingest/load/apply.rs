//! The load itself: one transaction from the first look to the last check.

use data_stack_core::ports::ingest::{LoadCheck, LoadMode, OnError, SchemaPolicy};
use data_stack_core::ports::warehouse::Column;
use data_stack_core::{Code, ToolError};

use super::Database;
use super::outlook::mode_refusal;
use super::part::PartReader;
use super::schema::{self, Target};
use super::{checks, misfits};
use crate::ingest::csv::infer::{FoundColumn, widen};
use crate::ingest::names::{PREVIOUS_SCHEMA, identifier, same};
use crate::ingest::plan::{LoadPlan, Loaded, Misfit, Outcome, Part};

/// Everything that is known before anything is written.
pub(super) struct Survey {
    pub(super) before: Loaded,
    /// The parts to load, by number.
    pub(super) chosen: Vec<usize>,
    pub(super) sources: Vec<Vec<FoundColumn>>,
    pub(super) rows: Vec<u64>,
    pub(super) target: Target,
    pub(super) readers: Vec<PartReader>,
    pub(super) misfits: Vec<Misfit>,
    /// Columns of the table whose type has to be widened.
    retype: Vec<Column>,
    /// Why nothing can be loaded, if that is so.
    pub(super) refusal: Option<String>,
}

impl Survey {
    /// The table's columns after the load.
    pub(super) fn columns(&self) -> Vec<Column> {
        if !self.before.exists {
            return self.target.columns.clone();
        }
        let retyped = |column: &Column| self.retype.iter().find(|retyped| same(&retyped.name, &column.name)).unwrap_or(column).clone();
        self.before.columns.iter().map(retyped).chain(self.target.added.iter().cloned()).collect()
    }

    /// The rows of the chosen parts.
    pub(super) fn rows(&self) -> u64 {
        self.rows.iter().sum()
    }
}

/// Loads; on any error nothing has changed.
pub(super) fn load(database: &Database<'_>, plan: &LoadPlan) -> Result<Outcome, ToolError> {
    database.run("BEGIN TRANSACTION")?;
    let outcome = within(database, plan);
    match outcome {
        Ok(outcome) if !outcome.loaded.is_empty() => {
            database.steps.progress(1.0, Some(1.0), "committing".to_owned());
            database.run("COMMIT").inspect_err(|_| roll_back(database))?;
            Ok(outcome)
        }
        other => {
            roll_back(database);
            other
        }
    }
}

fn roll_back(database: &Database<'_>) {
    // The transaction may have ended by itself with the error that brought us here.
    if let Err(error) = database.connection.execute_batch("ROLLBACK") {
        tracing::debug!(%error, "there was no transaction to roll back");
    }
}

fn within(database: &Database<'_>, plan: &LoadPlan) -> Result<Outcome, ToolError> {
    let before = database.loaded(&plan.table)?;
    if new_parts(plan, &before).is_empty() {
        return Ok(Outcome { rows_total: before.rows, columns: before.columns, ..Outcome::default() });
    }
    let survey = database.survey(plan)?;
    if let Some(refusal) = &survey.refusal {
        return Err(
            ToolError::new(Code::Failed, format!("{refusal}; nothing was changed"), "Set `mode` to `append` or `replace`.").at("mode")
        );
    }
    if !survey.misfits.is_empty() && plan.on_error == OnError::Fail {
        return Ok(Outcome {
            rows_total: survey.before.rows,
            misfits: survey.misfits,
            changes: survey.target.changes,
            ..Outcome::default()
        });
    }
    database.make_ledger()?;
    let previous = database.make_room(plan, &survey)?;
    let checks = database.fill(plan, &survey, previous.is_some())?;
    let after = database.loaded(&plan.table)?;
    let rows_read = survey.rows();
    Ok(Outcome {
        rows_read,
        rows_loaded: rows_read - survey.misfits.len() as u64,
        rows_total: after.rows,
        columns: after.columns,
        changes: survey.target.changes,
        misfits: survey.misfits,
        loaded: survey.chosen,
        checks,
        previous,
        warnings: Vec::new(),
    })
}

/// The parts whose content the table does not hold yet. A replacement by exactly what is there is no replacement.
fn new_parts(plan: &LoadPlan, before: &Loaded) -> Vec<usize> {
    let known = |part: &Part| before.exists && before.entries.iter().any(|entry| entry.blake3 == part.blake3);
    let all = 0..plan.parts.len();
    if plan.force {
        return all.collect();
    }
    if plan.mode == LoadMode::Replace {
        let same = plan.parts.len() == before.entries.len() && plan.parts.iter().all(known);
        return if same { Vec::new() } else { all.collect() };
    }
    // The same content twice in one call is loaded once.
    let repeated = |number: usize| plan.parts[..number].iter().any(|earlier| earlier.blake3 == plan.parts[number].blake3);
    all.filter(|number| !known(&plan.parts[*number]) && !repeated(*number)).collect()
}

impl Database<'_> {
    /// Finds out what a load would do.
    pub(super) fn survey(&self, plan: &LoadPlan) -> Result<Survey, ToolError> {
        let before = self.loaded(&plan.table)?;
        let chosen = new_parts(plan, &before);
        let parts: Vec<&Part> = chosen.iter().filter_map(|number| plan.parts.get(*number)).collect();
        let sources = parts.iter().map(|part| self.columns_of(part)).collect::<Result<Vec<_>, _>>()?;
        let rows = parts.iter().map(|part| self.rows_of(part)).collect::<Result<Vec<_>, _>>()?;
        self.check_types(plan)?;
        let table = before.exists.then_some(before.columns.as_slice());
        let target = schema::target(table, &sources, &plan.types, plan.schema_policy)?;
        let refusal = mode_refusal(plan, before.exists);
        let mut survey =
            Survey { before, chosen, sources, rows, target, readers: Vec::new(), misfits: Vec::new(), retype: Vec::new(), refusal };
        self.find_misfits(plan, &mut survey)?;
        if survey.before.exists && !survey.misfits.is_empty() {
            self.settle_types(plan, &mut survey)?;
        }
        Ok(survey)
    }

    fn check_types(&self, plan: &LoadPlan) -> Result<(), ToolError> {
        for (column, kind) in &plan.types {
            crate::ingest::names::check_type(column, kind)?;
            if let Err(error) = self.connection.execute_batch(&format!("SELECT CAST(NULL AS {kind})")) {
                let hint = "Use a DuckDB type such as `BIGINT`, `VARCHAR`, `TIMESTAMP` or `DECIMAL(18,3)`.";
                return Err(ToolError::invalid(format!("types.{column}"), error.to_string(), hint));
            }
        }
        Ok(())
    }

    fn find_misfits(&self, plan: &LoadPlan, survey: &mut Survey) -> Result<(), ToolError> {
        survey.readers.clear();
        survey.misfits.clear();
        for (number, source) in survey.chosen.iter().zip(&survey.sources) {
            let Some(part) = plan.parts.get(*number) else { continue };
            self.steps.progress(0.0, None, format!("checking types of {}", part.source));
            let reader = PartReader::new(part, source, &survey.target);
            survey.misfits.extend(self.misfits(*number, part, &reader)?);
            survey.readers.push(reader);
        }
        Ok(())
    }

    /// Misfits of a table that exists are a change of type, which the policy refuses, makes, or leaves to `on_error`.
    fn settle_types(&self, plan: &LoadPlan, survey: &mut Survey) -> Result<(), ToolError> {
        let changes = misfits::retyped(&survey.misfits, &survey.target, &survey.sources);
        let strict =
            plan.schema_policy == SchemaPolicy::Freeze || (plan.schema_policy == SchemaPolicy::Fail && plan.on_error == OnError::Fail);
        if strict {
            return schema::refuse(&changes, plan.schema_policy);
        }
        survey.target.changes.extend(changes.iter().cloned());
        if plan.schema_policy != SchemaPolicy::Evolve {
            return Ok(());
        }
        for column in &mut survey.target.columns {
            let Some(change) = changes.iter().find(|change| same(&change.column, &column.name)) else { continue };
            column.kind = widen(&column.kind, change.source_type.as_deref().unwrap_or("VARCHAR"));
            survey.retype.push(column.clone());
        }
        self.find_misfits(plan, survey)
    }

    /// Makes the table ready for the rows; says where the previous contents are kept.
    fn make_room(&self, plan: &LoadPlan, survey: &Survey) -> Result<Option<String>, ToolError> {
        let table = self.sql(&plan.table);
        if !survey.before.exists {
            let columns: Vec<String> =
                survey.target.columns.iter().map(|column| format!("{} {}", identifier(&column.name), column.kind)).collect();
            let schema = format!("{}.{}", identifier(&self.catalog), identifier(&plan.table.schema));
            // A ledger that outlived its table says nothing about the new one.
            self.forget(&plan.table)?;
            self.run(&format!("CREATE SCHEMA IF NOT EXISTS {schema}; CREATE TABLE {table} ({})", columns.join(", ")))?;
            return Ok(None);
        }
        let mut previous = None;
        if plan.mode == LoadMode::Replace {
            let kept = plan.table.previous();
            let schema = format!("{}.{}", identifier(&self.catalog), identifier(PREVIOUS_SCHEMA));
            self.steps.progress(0.0, None, format!("keeping the previous {}", plan.table));
            self.run(&format!("CREATE SCHEMA IF NOT EXISTS {schema}; CREATE OR REPLACE TABLE {} AS FROM {table}", self.sql(&kept)))?;
            self.run(&format!("DELETE FROM {table}"))?;
            self.forget(&plan.table)?;
            previous = Some(kept.to_string());
        }
        for column in &survey.target.added {
            self.run(&format!("ALTER TABLE {table} ADD COLUMN {} {}", identifier(&column.name), column.kind))?;
        }
        for column in &survey.retype {
            self.run(&format!("ALTER TABLE {table} ALTER COLUMN {} TYPE {}", identifier(&column.name), column.kind))?;
        }
        Ok(previous)
    }

    /// Writes the rows, part by part, and checks what came of it.
    fn fill(&self, plan: &LoadPlan, survey: &Survey, emptied: bool) -> Result<Vec<LoadCheck>, ToolError> {
        let sources: Vec<&[FoundColumn]> = survey.sources.iter().map(Vec::as_slice).collect();
        // Rows with misfits take their other values with them, so only whole sources can be compared column by column.
        let expected = if survey.misfits.is_empty() { checks::expect(&survey.target, &sources) } else { Vec::new() };
        let fresh = emptied || !survey.before.exists;
        let before = if fresh { vec![checks::Measure::default(); expected.len()] } else { self.measured(plan, &expected)? };
        let mut found = Vec::new();
        for (at, (number, reader)) in survey.chosen.iter().zip(&survey.readers).enumerate() {
            let (Some(part), Some(rows)) = (plan.parts.get(*number), survey.rows.get(at)) else { continue };
            self.steps.progress(
                at as f64,
                Some(survey.chosen.len() as f64),
                format!("loading {}/{} {}", at + 1, survey.chosen.len(), part.source),
            );
            let misfits = survey.misfits.iter().filter(|misfit| misfit.part == *number).count() as u64;
            let inserted = self.insert(plan, reader)?;
            found.push(rows_check(part, *rows, misfits, inserted)?);
            self.record(plan, part, inserted, part.rejected + misfits)?;
        }
        self.steps.progress(0.0, None, "verifying".to_owned());
        found.extend(checks::compare(&expected, &before, &self.measured(plan, &expected)?));
        verified(found)
    }

    fn measured(&self, plan: &LoadPlan, expected: &[checks::Expectation]) -> Result<Vec<checks::Measure>, ToolError> {
        if expected.is_empty() { Ok(Vec::new()) } else { self.measure(&plan.table, expected) }
    }

    fn insert(&self, plan: &LoadPlan, reader: &PartReader) -> Result<u64, ToolError> {
        let columns: Vec<String> = reader.readings.iter().map(|reading| identifier(&reading.column)).collect();
        let fitting = reader.fitting().map(|condition| format!(" WHERE {condition}")).unwrap_or_default();
        let into = self.sql(&plan.table);
        self.change(&format!("INSERT INTO {into} ({}) SELECT {} FROM {}{fitting}", columns.join(", "), reader.values(), reader.from))
    }
}

fn rows_check(part: &Part, rows: u64, misfits: u64, inserted: u64) -> Result<LoadCheck, ToolError> {
    let found = format!("{rows} rows read, {misfits} rejected for their values, {inserted} written");
    let passed = inserted + misfits == rows;
    let check = LoadCheck { check: format!("rows written of {}", part.source), passed, found };
    verified(vec![check.clone()]).map(|_| check)
}

/// The checks, unless one failed: then nothing is loaded.
fn verified(checks: Vec<LoadCheck>) -> Result<Vec<LoadCheck>, ToolError> {
    let failed: Vec<String> =
        checks.iter().filter(|check| !check.passed).map(|check| format!("{}: {}", check.check, check.found)).collect();
    if failed.is_empty() {
        return Ok(checks);
    }
    let message = format!("the loaded rows are not those of the source, so nothing was changed; {}", failed.join("; "));
    Err(ToolError::new(Code::Failed, message, "Call with `preview`, and give `dialect` or `types` where they were found wrongly."))
}
