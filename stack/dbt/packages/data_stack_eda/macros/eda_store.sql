{#- Where the thresholds and the history are kept, and how they are read. -#}

{#- The seed with the accepted thresholds, as a relation of the warehouse; none before `dbt seed`. -#}
{% macro eda_expectations() %}
    {%- set seed = eda_expectations_node() -%}
    {{- return(adapter.get_relation(database=seed.database, schema=seed.schema, identifier=seed.alias)) -}}
{% endmacro %}


{% macro eda_expectations_node() %}
    {%- set name = var('eda_expectations_seed', 'eda_expectations') -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'seed' and node.name == name -%}
        {{- return(node) -}}
    {%- endfor -%}
    {%- do exceptions.raise_compiler_error('The seed `' ~ name ~ '` with the accepted thresholds is missing. Make it with `dbt run-operation eda_accept`.') -%}
{% endmacro %}


{#- The accepted lines of a model by column; `*` is the table as a whole. -#}
{% macro eda_lines(model_name) %}
    {%- set seed = eda_expectations() -%}
    {%- if seed is none -%}
        {%- do exceptions.raise_compiler_error('The accepted thresholds are not in the warehouse. Load them with `dbt seed --select '
            ~ var('eda_expectations_seed', 'eda_expectations') ~ '`.') -%}
    {%- endif -%}
    {%- set lines = {} -%}
    {%- for row in run_query('select * from ' ~ seed ~ " where model = '" ~ model_name ~ "'").rows -%}
        {%- do lines.update({row['column_name']: eda_line(row)}) -%}
    {%- endfor -%}
    {{- return(lines) -}}
{% endmacro %}


{% macro eda_line(row) %}
    {%- set line = dict(row.items()) -%}
    {%- for field in ['null_share_max', 'freshness_hours_max', 'drift_max'] if line[field] is not none -%}
        {%- do line.update({field: line[field] | float}) -%}
    {%- endfor -%}
    {{- return(line) -}}
{% endmacro %}


{#- One row a test or expectation of every run. Nothing is ever changed in it. -#}
{% macro eda_history() %}
    {{- return(api.Relation.create(database=target.database, schema='quality', identifier='test_results')) -}}
{% endmacro %}


{% macro eda_make_history() %}
    {%- do run_query('create schema if not exists ' ~ eda_history().without_identifier()) -%}
    {%- do run_query(
        'create table if not exists ' ~ eda_history() ~ ' (invocation_id varchar, run_started_at timestamp, command varchar, '
        ~ 'target varchar, test_id varchar, kind varchar, model varchar, column_name varchar, expectation varchar, severity varchar, '
        ~ 'status varchar, failures bigint, observed varchar, expected varchar, weight double, elapsed_seconds double, '
        ~ 'message varchar, distribution varchar)'
    ) -%}
    {%- do run_query(
        'create or replace view ' ~ eda_history().incorporate(path={'identifier': 'scores'}, type='view') ~ ' as '
        ~ 'select invocation_id, min(run_started_at) as run_started_at, min(command) as command, '
        ~ "count(*) filter (where status != 'skipped') as tests, count(*) filter (where status = 'pass') as passed, "
        ~ "count(*) filter (where status = 'warn') as warned, count(*) filter (where status in ('fail', 'error')) as failed, "
        ~ "100 * sum(weight) filter (where status = 'pass') / sum(weight) filter (where status != 'skipped') as score "
        ~ 'from ' ~ eda_history() ~ " where status != 'accepted' group by invocation_id"
    ) -%}
{% endmacro %}


{#- What the last good run saw of a model: rows (none without such a run), at (its day), distributions by column. A run is good
    where every expectation of severity `error` held; accepting the data as it is counts too. -#}
{% macro eda_baseline(model_name) %}
    {%- set history = eda_history() -%}
    {%- set baseline = {'rows': none, 'at': none, 'distributions': {}} -%}
    {%- if adapter.get_relation(database=history.database, schema=history.schema, identifier=history.identifier) is none -%}
        {{- return(baseline) -}}
    {%- endif -%}
    {%- set mine = " where kind = 'eda' and model = '" ~ model_name ~ "'" -%}
    {%- set rows = run_query(
        'with runs as (select invocation_id, max(run_started_at) as started from ' ~ history ~ mine
        ~ " group by invocation_id having count(*) filter (where status in ('fail', 'error')) = 0 order by started desc limit 1) "
        ~ "select column_name, distribution, strftime(run_started_at, '%Y-%m-%d %H:%M') as at from " ~ history
        ~ ' semi join runs using (invocation_id)' ~ mine ~ ' and distribution is not null'
    ).rows -%}
    {%- for row in rows -%}
        {%- set distribution = fromjson(row['distribution']) -%}
        {%- if row['column_name'] == '*' -%}
            {%- do baseline.update({'rows': distribution['values'], 'at': row['at']}) -%}
        {%- else -%}
            {%- do baseline.distributions.update({row['column_name']: distribution}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(baseline) -}}
{% endmacro %}


{#- Keeps what was written. dbt may have begun a transaction for a statement of its own, and rolls it back when a hook or an operation
    ends without a commit; so one is begun for certain, committed, and another begun for dbt to end. -#}
{% macro eda_commit() %}
    {%- call statement('eda_begun', auto_begin=true) -%}select 1{%- endcall -%}
    {%- do run_query('commit') -%}
    {%- do run_query('begin') -%}
{% endmacro %}
