//! Whether tables are as the project declares them: sources as they must be, models as others may rely on.

use std::collections::{BTreeMap, BTreeSet};

use data_stack_core::ports::dbt::{Contract, ContractColumn, ContractsJob};
use data_stack_core::{Code, Ctx, Effect, ToolError, text};
use serde_json::Value;

use super::history::run;
use super::scopes::{EVIDENCE, failed, is_end, no_project, passed, skipped};
use super::types::{Check, Found, Scope, Severity, Status, ValidateInput};

/// Columns of a warehouse that are looked at.
const COLUMNS: usize = 200_000;
/// Columns that evidence names.
const NAMED: usize = 10;

/// The columns of each table, by schema and name in lower case: name and type, in order.
type Tables = BTreeMap<(String, String), Vec<(String, String)>>;

/// Checks every source that declares something, and every model with an enforced contract.
pub(super) async fn check(input: &ValidateInput, ctx: &Ctx) -> Result<Found, ToolError> {
    let job = ContractsJob { project: input.project.clone() };
    let contracts = match ctx.ports.dbt()?.contracts(job, &ctx.control).await {
        Ok(contracts) => contracts,
        Err(error) if no_project(&error, input) => return Ok(skipped(&error.message)),
        Err(error) if is_end(&error) || error.code != Code::Failed => return Err(error),
        Err(_) => return Ok(skipped("the dbt project cannot be read; see config")),
    };
    let tables = tables(ctx).await?;
    let types = Types::of(&contracts, ctx).await?;
    let checks: Vec<Check> = contracts.iter().filter_map(|contract| judge(contract, &tables, &types)).collect();
    let nothing = checks.is_empty().then(|| "the project declares no sources and enforces no contracts".to_owned());
    Ok(Found { checks, skipped: nothing })
}

async fn tables(ctx: &Ctx) -> Result<Tables, ToolError> {
    let sql = "SELECT lower(schema_name), lower(table_name), column_name, data_type FROM duckdb_columns() \
               WHERE NOT internal AND database_name = current_database() ORDER BY ALL";
    let page = match run(sql, Vec::new(), Effect::Read, COLUMNS, ctx).await {
        Ok(page) => page,
        // Without a warehouse there are no tables.
        Err(error) if error.code == Code::NotFound => return Ok(Tables::new()),
        Err(error) => return Err(error),
    };
    let mut tables = Tables::new();
    for row in &page.rows {
        let [schema, table, column, kind] = [0, 1, 2, 3].map(|at| row.get(at).and_then(Value::as_str).unwrap_or_default().to_owned());
        tables.entry((schema, table)).or_default().push((column, kind));
    }
    Ok(tables)
}

/// How DuckDB writes the types that contracts name: `int` is `INTEGER`.
struct Types(BTreeMap<String, String>);

impl Types {
    async fn of(contracts: &[Contract], ctx: &Ctx) -> Result<Self, ToolError> {
        let named: BTreeSet<&String> =
            contracts.iter().flat_map(|contract| &contract.columns).filter_map(|column| column.kind.as_ref()).collect();
        let mut known = BTreeMap::new();
        for kind in named {
            // One that DuckDB does not know stays as it is written, and then differs from every column.
            let found = run(&format!("SELECT typeof(CAST(NULL AS {kind}))"), Vec::new(), Effect::Read, 1, ctx).await;
            let written = match found {
                Ok(page) => page.rows.first().and_then(|row| row.first()?.as_str()).unwrap_or_default().to_owned(),
                Err(error) if is_end(&error) => return Err(error),
                Err(_) => kind.clone(),
            };
            known.insert(kind.clone(), written);
        }
        Ok(Self(known))
    }

    fn differ(&self, column: &ContractColumn, found: &str) -> bool {
        column.kind.as_ref().is_some_and(|kind| self.0.get(kind).is_none_or(|kind| kind != found))
    }
}

/// The verdict on one contract; `None` where nothing is declared that could be checked, or nothing is built yet.
fn judge(contract: &Contract, tables: &Tables, types: &Types) -> Option<Check> {
    let key = contract.table.as_ref()?;
    let table = format!("{}.{}", key.0, key.1);
    let found = tables.get(key);
    let check = match (contract.kind.as_str(), found) {
        ("source", None) => failed(
            Scope::Contracts,
            &contract.name,
            &format!("the source's table {table} is not in the warehouse"),
            "Load it with `ingest`.",
        ),
        ("source", Some(found)) => source(contract, found, types, &table),
        (_, Some(found)) if contract.enforced => model(contract, found, types, &table),
        (_, Some(_)) if contract.built.is_some() => dropped(contract, &table),
        _ => return None,
    };
    Some(Check { file: contract.file.clone(), affects: contract.affects.clone(), ..check })
}

/// A source must have what is declared of it; what it has besides is no matter.
fn source(contract: &Contract, found: &[(String, String)], types: &Types, table: &str) -> Check {
    let changes = Changes::between(found, &contract.columns, types);
    if changes.added.is_empty() && changes.retyped.is_empty() {
        return passed(Scope::Contracts, &contract.name, format!("{table} has the {} declared columns", contract.columns.len()));
    }
    let missing = named("it lacks", &changes.added);
    let evidence = [missing, named("other types:", &changes.retyped)].into_iter().flatten().collect::<Vec<_>>().join("; ");
    failed(
        Scope::Contracts,
        &contract.name,
        &format!("{table} is not as declared: {evidence}"),
        "Load the source as it is declared, or change the declaration.",
    )
}

/// A model's table beside its contract: what a build would take from those who rely on it, and what it would add.
fn model(contract: &Contract, found: &[(String, String)], types: &Types, table: &str) -> Check {
    let changes = Changes::between(found, &contract.columns, types);
    let evidence: Vec<String> =
        [named("breaking, gone:", &changes.gone), named("breaking, other types:", &changes.retyped), named("added:", &changes.added)]
            .into_iter()
            .flatten()
            .collect();
    if evidence.is_empty() {
        return passed(Scope::Contracts, &contract.name, format!("{table} has the {} columns of its contract", contract.columns.len()));
    }
    let is_new = contract.built.as_ref().is_some_and(|built| *built != contract.columns);
    let why = if is_new { "the contract has changed since the last build of" } else { "the contract is not what is in" };
    let breaking = !changes.gone.is_empty() || !changes.retyped.is_empty();
    let (status, severity) = if breaking { (Status::Fail, Severity::Error) } else { (Status::Warn, Severity::Warn) };
    Check {
        status,
        severity,
        evidence: text::clean(&format!("{why} {table}: {}", evidence.join("; ")), EVIDENCE),
        fix: Some(format!("Mend what is built on it, then build it: `run_dbt` with select {}+.", contract.name)),
        ..passed(Scope::Contracts, &contract.name, String::new())
    }
}

/// A contract on which others could rely is no longer enforced.
fn dropped(contract: &Contract, table: &str) -> Check {
    Check {
        status: Status::Warn,
        severity: Severity::Warn,
        evidence: format!("{table} was built under a contract, which is no longer enforced: its columns may change unseen"),
        fix: Some("Enforce it again, or tell those who build on it.".to_owned()),
        ..passed(Scope::Contracts, &contract.name, String::new())
    }
}

/// What changes from the columns of a table to those of a contract.
#[derive(Debug, Default, PartialEq, Eq)]
struct Changes {
    gone: Vec<String>,
    retyped: Vec<String>,
    added: Vec<String>,
}

impl Changes {
    fn between(found: &[(String, String)], declared: &[ContractColumn], types: &Types) -> Self {
        let mut changes = Self::default();
        for (name, kind) in found {
            match declared.iter().find(|column| column.name.eq_ignore_ascii_case(name)) {
                None => changes.gone.push(name.clone()),
                Some(column) if types.differ(column, kind) => {
                    changes.retyped.push(format!("{name} {kind} → {}", column.kind.as_deref().unwrap_or_default()));
                }
                Some(_) => {}
            }
        }
        let new = declared.iter().filter(|column| !found.iter().any(|(name, _)| name.eq_ignore_ascii_case(&column.name)));
        changes.added = new.map(|column| column.name.clone()).collect();
        changes
    }
}

fn named(what: &str, names: &[String]) -> Option<String> {
    let more = if names.len() > NAMED { format!(" and {} more", names.len() - NAMED) } else { String::new() };
    (!names.is_empty()).then(|| format!("{what} {}{more}", names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contract(kind: &str, enforced: bool, columns: &[(&str, &str)]) -> Contract {
        let column =
            |(name, kind): &(&str, &str)| ContractColumn { name: (*name).into(), kind: (!kind.is_empty()).then(|| (*kind).into()) };
        Contract {
            name: "orders".into(),
            kind: kind.into(),
            table: Some(("marts".into(), "orders".into())),
            enforced,
            columns: columns.iter().map(column).collect(),
            affects: vec!["revenue".into(), "sales_page".into()],
            ..Contract::default()
        }
    }

    fn judged(contract: &Contract) -> (Status, String) {
        let columns = [("id", "BIGINT"), ("amount", "DECIMAL(18,2)")].map(|(name, kind)| (name.to_owned(), kind.to_owned()));
        let tables = Tables::from([(("marts".into(), "orders".into()), columns.to_vec())]);
        let types = [("bigint", "BIGINT"), ("int", "INTEGER"), ("numeric(18,2)", "DECIMAL(18,2)")];
        let types = Types(types.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect());
        let check = judge(contract, &tables, &types).unwrap();
        assert_eq!(check.affects, contract.affects);
        (check.status, check.evidence)
    }

    #[test]
    fn a_model_is_compared_with_its_contract_and_each_change_is_told_with_its_weight() {
        let same = contract("model", true, &[("id", "bigint"), ("AMOUNT", "numeric(18,2)")]);
        assert_eq!(judged(&same), (Status::Pass, "marts.orders has the 2 columns of its contract".into()));
        let added = contract("model", true, &[("id", "bigint"), ("amount", "numeric(18,2)"), ("day", "")]);
        assert_eq!(judged(&added), (Status::Warn, "the contract is not what is in marts.orders: added: day".into()));
        let broken = Contract { built: Some(same.columns.clone()), ..contract("model", true, &[("id", "int")]) };
        let said =
            "the contract has changed since the last build of marts.orders: breaking, gone: amount; breaking, other types: id BIGINT → int";
        assert_eq!(judged(&broken), (Status::Fail, said.into()));
        let dropped = Contract { built: Some(same.columns), ..contract("model", false, &[]) };
        assert_eq!(judged(&dropped).0, Status::Warn);
    }

    #[test]
    fn a_source_needs_its_table_and_its_declared_columns() {
        assert_eq!(judged(&contract("source", false, &[("id", "")])).0, Status::Pass);
        let (status, evidence) = judged(&contract("source", false, &[("id", ""), ("day", "date")]));
        assert_eq!((status, evidence.as_str()), (Status::Fail, "marts.orders is not as declared: it lacks day"));
        let types = Types(BTreeMap::new());
        let missing = judge(&contract("source", false, &[]), &Tables::new(), &types).unwrap();
        assert_eq!((missing.status, missing.fix.as_deref()), (Status::Fail, Some("Load it with `ingest`.")));
        assert_eq!(judge(&contract("model", true, &[]), &Tables::new(), &types), None);
    }
}
